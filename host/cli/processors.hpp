#pragma once

namespace atelier::cli {

// How many processors this process may use: its affinity, and the quota of its control group. At least 1.
int usable_processors();

}  // namespace atelier::cli
