// Removing a run's log with what stands beside it.
#pragma once

#include <filesystem>

namespace atelier::runlog {

// What a file is, whether it can be read as a log or is damaged: of one that cannot be opened as HDF5 nobody knows.
enum class Origin { ours, foreign, unknown };
Origin origin_of(const std::filesystem::path& file);

// The log, its journal, and what a killed process has begun beside it (LOG.new, LOG.slim); of a link to a log, the link
// alone. Throws Error(file) where somebody writes it, naming whom, and where it cannot be removed.
void remove_log(const std::filesystem::path& log);

}  // namespace atelier::runlog
