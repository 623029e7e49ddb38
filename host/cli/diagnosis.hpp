// What there is to say of a run whose process has ended, and saying it in its log.
#pragma once

#include <filesystem>
#include <string>

#include "cli/watch_options.hpp"
#include "supervision/end.hpp"

namespace atelier::cli {

// Of an end that the run itself has not written to its log: "it was killed by SIGKILL after step 12, ...". One line.
std::string diagnosis_of(const supervision::End& end, const WatchOptions& watch);

// Whether its process ended without a word of its own in the log, which then is closed as failed with the diagnosis;
// "" where there is nothing to say. A log that cannot be written stays as it is, and the text says so.
std::string close_log_of(const supervision::End& end, const WatchOptions& watch, const std::filesystem::path& log);

// Whether the same may go well from the checkpoint: after a crash, a stall, a lack of memory, a kill. An error of the
// experiment, or a loss that is not finite, comes again bit for bit.
bool may_go_well(const supervision::End& end);

}  // namespace atelier::cli
