// Bringing a log in order whose writer was ended on the way.
#pragma once

#include <filesystem>
#include <string>

namespace atelier::runlog {

// Makes the change that the log's journal has, and removes the journal, so that every program that reads HDF5 sees all
// that was flushed. Returns whether there was a change to make. Error(file) where the log is being written or cannot be
// read.
bool repair(const std::filesystem::path& log);

// Does the same, and says in the log of a run whose process was ended how that was: status "failed", with this reason.
// False, and nothing is said, where the log says already how the run ended. Throws as repair() does.
bool close_as_failed_later(const std::filesystem::path& log, const std::string& reason);

}  // namespace atelier::runlog
