// Of several processes that do one work together, one prints.
#pragma once

namespace atelier::cli {

// From here on nothing of cli/terminal.hpp prints, in this process and its forks.
void be_silent();
bool is_silent();

}  // namespace atelier::cli
