// Bringing a log in order whose writer was ended on the way.
#pragma once

#include <filesystem>

namespace atelier::runlog {

// Makes the change that the log's journal has, and removes the journal, so that every program that reads HDF5 sees all
// that was flushed. Returns whether there was a change to make. Error(file) where the log is being written or cannot be
// read.
bool repair(const std::filesystem::path& log);

}  // namespace atelier::runlog
