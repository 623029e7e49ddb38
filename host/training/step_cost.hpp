// What a run takes, from a few of its steps and an evaluation that are made and forgotten.
#pragma once

#include <cstdint>

#include "experiment/experiment.hpp"
#include "inference/environment.hpp"
#include "plugin/registry.hpp"

namespace atelier::training {

struct RunCost {
  double begin_seconds = 0;       // until the first step: data, model, plan
  double step_seconds = 0;        // the median of warm ones
  double evaluation_seconds = 0;  // of one
  bool evaluates_longer = false;  // it was not measured to its end, and there is more to it than is counted here
  int64_t total_steps = 0, evaluations = 0;

  [[nodiscard]] double seconds() const {
    return begin_seconds + static_cast<double>(total_steps) * step_seconds +
           static_cast<double>(evaluations) * evaluation_seconds;
  }
};

// Sets the run up, and makes steps for at most about so many seconds, at least three, and as long an evaluation.
// Nothing is written. Throws Error as run() does.
RunCost measure_cost(const experiment::Experiment& experiment, const plugin::Registry& registry,
                     const inference::Environment& environment, double most_seconds);

}  // namespace atelier::training
