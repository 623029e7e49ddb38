// One picture of what many runs, or many steps of a run, make of the same latent vectors.
#pragma once

#include "cli/command_line.hpp"

namespace atelier::cli {

// Whether `atelier sample` is asked for it.
bool wants_atlas(const Arguments& arguments);
int draw_atlas(const Arguments& arguments);  // returns the exit code

std::vector<Option> atlas_options();

}  // namespace atelier::cli
