// What was looked at in a step that was made again: a file of its own, laid out as a log's /tensors, so that what reads
// those reads it.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "runlog/description.hpp"
#include "runlog/weights.hpp"

namespace atelier::runlog {

// /tensors/<name>/ with step and values (step, ...) of one row; attributes format ("atelier-replay"), format_version,
// run_id, name, and step. The file has its name once it is whole. Throws Error(file) where it cannot be written, and
// Error(experiment) for names that cannot be kept.
void write_replay(const std::filesystem::path& path, const RunDescription& run, int64_t step,
                  const std::vector<NamedTensor>& tensors);

}  // namespace atelier::runlog
