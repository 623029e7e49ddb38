// Of a run that was stopped before its end: why.
#pragma once

#include <filesystem>
#include <string>

namespace atelier::runlog {

// The log's status is "stopped" then, with this reason. Throws Error(file)
// for the log of a run that is finished or has failed, for one that is being written, naming by whom, and for one that
// cannot be changed.
void set_stopped(const std::filesystem::path& log, const std::string& reason);

}  // namespace atelier::runlog
