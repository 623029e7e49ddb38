// Where a run's log goes, and where it is found again.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace atelier::runlog {

std::string new_run_id();  // eight hexadecimal digits, from the system's randomness

std::string utc_now();  // "2026-01-31T12:00:00Z"

// out_dir/<name>/<created_utc without punctuation>-<run_id>-s<seed>.h5, a name that no file has yet ("-2" and so on is
// added before ".h5" to a second run within the same second). Makes the folders. Throws Error(file) where they cannot
// be made or not be written to, Error(experiment) where `name` cannot be a folder's.
std::filesystem::path new_log_path(const std::filesystem::path& out_dir, const std::string& name,
                                   const std::string& created_utc, const std::string& run_id, uint64_t seed);

// The newest finished log of the experiment `name` in a folder of runs. Throws Error(file) where there is none.
std::filesystem::path newest_finished_log(const std::filesystem::path& out_dir, const std::string& name);

}  // namespace atelier::runlog
