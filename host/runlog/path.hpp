// Where a run's log goes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace atelier::runlog {

std::string new_run_id();  // eight hexadecimal digits, from the system's randomness

// out_dir/<name>/<created_utc without punctuation and fraction>-<run_id>-s<seed>.h5, a name that no file has yet ("-2"
// and so on is added before ".h5" to a second run within the same second). Makes the folders. Throws Error(file) where
// they cannot be made or not be written to, Error(experiment) where `name` cannot be a folder's.
std::filesystem::path new_log_path(const std::filesystem::path& out_dir, const std::string& name,
                                   const std::string& created_utc, const std::string& run_id, uint64_t seed);

// The path of what stands beside a log while it is written: that of the file itself, whatever links lead to it.
std::filesystem::path beside(const std::filesystem::path& log, const char* ending);

// Whole, and of the file or link itself: links in its folder are followed, the last is not.
std::filesystem::path own_path(const std::filesystem::path& file);

}  // namespace atelier::runlog
