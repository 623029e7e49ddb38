// atelier plugins --check FILE
#pragma once

#include <vector>

#include "cli/command_line.hpp"

namespace atelier::cli {

std::vector<Option> check_options();
int check_plugin(const Arguments& arguments);  // exit_failed where something is wrong

}  // namespace atelier::cli
