// The weights that a log keeps, by the word for them that users know.
#pragma once

#include <cstdint>
#include <string>
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
  runlog::Weights weights;
  bool are_averages = false;  // of a checkpoint, whose weights themselves are others
};

std::string_view name_of(WeightsOf which);  // "best", "final", "checkpoint"

// Such as a model is looked at with: of a checkpoint the moving averages, where the run keeps these. Throws Error(file)
// where the log has no such weights; `option` is the one that they were asked for by.
LoggedWeights weights_in(const runlog::Reader& log, WeightsOf which, std::string_view option = "--weights");

// Exactly these: none in the place of final ones, and a checkpoint's own, from which training goes on. Throws as above.
LoggedWeights exact_weights_in(const runlog::Reader& log, WeightsOf which, std::string_view option);

// "the final weights of step 12".
std::string to_text(const LoggedWeights& weights);

}  // namespace atelier::inference
