// How large a log will be, before there is one.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "runlog/description.hpp"

namespace atelier::runlog {

// How many rows a run will write, by the names of its series.
struct RowCounts {
  std::map<std::string, int64_t> cadences, samples, tensors;
  int64_t kept_checkpoints = 0;
};

// Bytes of a log whose run has finished.
struct LogSize {
  int64_t checkpoints = 0;  // the newest; before the end of the run there are two
  int64_t weights = 0;      // at most: best and final ones that are not the checkpoint's, and those of other runs
  int64_t kept = 0;         // checkpoints that stay
  int64_t metrics = 0;      // with their times
  int64_t samples = 0;      // at most: the log compresses them, and tensors
  int64_t tensors = 0;
  int64_t structure = 0;  // texts, and what HDF5 needs to find the rest

  [[nodiscard]] int64_t total() const { return checkpoints + weights + kept + metrics + samples + tensors + structure; }
};

// Makes the log in memory as far as it is made before the first step. Throws Error(experiment) for names that a log
// cannot have.
LogSize size_of_log(const RunDescription& description, const RowCounts& rows);

}  // namespace atelier::runlog
