#pragma once

#include <string>

namespace atelier::cli {

// One word of a shell's command: quoted where it has to be.
std::string shell_word(const std::string& text);

}  // namespace atelier::cli
