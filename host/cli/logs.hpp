// From what a LOG argument says to the log it means.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace atelier::cli {

// A file; the newest log in a folder; or the newest finished log of an experiment in `runs`. Throws Error(file).
std::filesystem::path find_log(const std::string& argument, const std::filesystem::path& runs);

// The same, but of a folder all logs.
std::vector<std::filesystem::path> find_logs(const std::string& argument, const std::filesystem::path& runs);

// For resuming: of a folder or an experiment, the newest log that is neither finished, running nor broken.
std::filesystem::path find_unfinished_log(const std::string& argument, const std::filesystem::path& runs);

}  // namespace atelier::cli
