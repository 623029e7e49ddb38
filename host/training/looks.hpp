// What there is to see of a training step.
#pragma once

#include "training/run.hpp"
#include "training/setup.hpp"

namespace atelier::training {

record::Observation all_to_look_at();

// In the order in which the step has them: "activations.<layer>" (of a layer that is used twice its first use; of a
// number that a step has twice, as logs, its last),
// "train.<logged>", "train.gradient_norm.<group>", "gradients.<parameter>", "gradient_norms.<parameter>".
void look_at_step(Setup& setup, const execute::StepResults& results, const Look& look);

// After a step, as its checkpoint has it: "weights.<parameter>", "state.<tensor>", "optimizer.<parameter>.<slot>".
void look_at(const runlog::Checkpoint& checkpoint, const Look& look);

runlog::NamedTensor copy_of(const std::string& name, const tensor::Tensor& value);

}  // namespace atelier::training
