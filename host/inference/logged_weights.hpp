// The weights that a log keeps, by the word for them that users know.
#pragma once

#include <cstdint>
#include <string_view>

#include "runlog/reader.hpp"
#include "runlog/weights.hpp"

namespace atelier::inference {

// The final ones of a run that has none yet are those of its newest checkpoint. Best ones that a log has not are an
// error.
enum class WeightsOf { best, final, checkpoint };

struct LoggedWeights {
  WeightsOf which = WeightsOf::final;  // as they were found
  int64_t step = 0;
  runlog::Weights weights;  // their moving averages, where the run keeps these
};

std::string_view name_of(WeightsOf which);  // "best", "final", "checkpoint"

// Throws Error(file) where the log has no such weights; `option` is the one that they were asked for by.
LoggedWeights weights_in(const runlog::Reader& log, WeightsOf which, std::string_view option = "--weights");

}  // namespace atelier::inference
