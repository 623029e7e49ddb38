#pragma once

#include <exception>

namespace atelier::cli {

// The exit code (program.hpp) of a verb whose work throws this.
int exit_code_of(const std::exception& error);

}  // namespace atelier::cli
