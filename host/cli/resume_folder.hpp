// Going on with all that stopped in a folder of runs.
#pragma once

#include <filesystem>
#include <optional>

#include "cli/command_line.hpp"

namespace atelier::cli {

// Sweeps first: of each experiment file with a [sweep] that has logs here, and is still what it was when they were
// made, all points that are missing, failed or stopped, as 'atelier run' with that file would. Then each other run that
// stopped before its end. Returns the worst of the exit codes, and stops where one was interrupted; nothing where there
// is no such run and no sweep.
std::optional<int> resume_folder(const Arguments& arguments, const std::filesystem::path& folder);

}  // namespace atelier::cli
