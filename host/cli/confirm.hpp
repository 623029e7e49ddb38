// Asking before something is lost.
#pragma once

#include <string>

#include "cli/command_line.hpp"

namespace atelier::cli {

// Whether the answer is yes; it is with --yes. Throws Error(usage) where there is no terminal to ask on.
bool is_confirmed(const Arguments& arguments, const std::string& question);
Option yes_option();

}  // namespace atelier::cli
