// What there is to see of a training step.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "training/run.hpp"
#include "training/setup.hpp"
#include "training/step_log.hpp"

namespace atelier::training {

record::Observation all_to_look_at();

// In the order in which the step has them, by the names of step_names.hpp (of a number that a step has twice, as logs,
// its last), and then "train.learning_rate.<group>". `updates`: of each group, this step's included.
void look_at_step(Setup& setup, const DoneStep& done, const std::vector<int64_t>& updates,
                  const execute::StepResults& results, const Look& look);

// After a step, as its checkpoint has it: "weights.<parameter>", "state.<tensor>", "optimizer.<parameter>.<slot>".
void look_at(const runlog::Checkpoint& checkpoint, const Look& look);

runlog::NamedTensor copy_of(const std::string& name, const tensor::Tensor& value);

}  // namespace atelier::training
