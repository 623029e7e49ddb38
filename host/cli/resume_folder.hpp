// Going on with all that stopped in a folder of runs.
#pragma once

#include <filesystem>

#include "cli/command_line.hpp"

namespace atelier::cli {

// Sweeps first: of each experiment file with a [sweep] that has logs here, and is still what it was when they were
// made, all points that are missing, failed or stopped, as 'atelier run' with that file would. Then each other run that
// stopped before its end. Returns the worst of the exit codes, and stops where one was interrupted. Throws Error(file)
// where there is nothing to go on with.
int resume_folder(const Arguments& arguments, const std::filesystem::path& folder);

}  // namespace atelier::cli
