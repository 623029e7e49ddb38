// What the bits of the kernels depend on beside the machine.
#pragma once

#include <string>

namespace atelier::kernels {

// oneDNN's and Eigen's versions and the instruction set in use, one key=value a line.
std::string library_versions();

}  // namespace atelier::kernels
