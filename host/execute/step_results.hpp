// What is left of a step when it is done: the values that somebody asked for.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "execute/launch.hpp"

namespace atelier::execute {

using record::OutputKind;

struct StepResult {
  OutputKind kind = OutputKind::requested;
  int64_t index = 0;                       // as in GraphOutput
  double value = 0;                        // of a scalar
  double count = 0;                        // logged with it; 0 where none was
  const tensor::Tensor* tensor = nullptr;  // of a value with axes
};

struct StepResults {
  std::vector<StepResult> entries;  // in recording order
  std::vector<std::unique_ptr<tensor::Tensor>> tensors;
  bool finite = true;  // what has to be: losses, clipped gradients, updates, assignments, Session::expect_finite
};

// Whether all numbers in the results are finite, too.
bool all_finite(const StepResults& results);

// Adds the outputs of a plan that has run; requested values only where they are wanted.
void collect(const Launch& launch, bool with_requested, StepResults& results);

}  // namespace atelier::execute
