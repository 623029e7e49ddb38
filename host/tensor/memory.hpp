// How much memory there is, so that what cannot be is said before it is tried: the system grants more than it has, and
// ends whoever uses it.
#pragma once

#include <cstdint>
#include <string>

namespace atelier::tensor {

std::string bytes_text(uint64_t bytes);  // "403.6 KB", "1.2 GB"

// "" where this machine has so much memory at all; else "needs 1.2 TB of memory, this machine has 16.0 GB".
std::string lack_of_memory(uint64_t bytes);

}  // namespace atelier::tensor
