#include "training/training_steps.hpp"

#include <atelier/abi.h>

#include "base/error.hpp"
#include "base/purposes.hpp"
#include "base/ranks.hpp"
#include "kernels/bfloat16.hpp"
#include "training/equal_ranks.hpp"

namespace atelier::training {
namespace {

// Of training alone: what is evaluated and drawn has float32's products, whatever the weights were found with.
kernels::Precision precision_of(const experiment::Experiment& experiment) {
  switch (experiment.train.precision) {
    case experiment::Precision::float32:
      break;
    case experiment::Precision::emulated_bf16:
      return kernels::Precision::emulated_bfloat16;
    case experiment::Precision::bf16:
      if (kernels::bfloat16_instructions().empty()) {
        throw Error(ErrorKind::experiment,
                    "{}: got 'bf16', expected 'float32', as this processor has no instructions for bfloat16 "
                    "(avx512_bf16 or amx_bf16) and would be slower with it; hint: 'emulated-bf16' tries out what the "
                    "rounding does",
                    located(experiment, "train", "precision"));
      }
      return kernels::Precision::bfloat16;
  }
  return kernels::Precision::float32;
}

data::BatchCut cut_of(const experiment::Experiment& experiment, const data::ExperimentData& data, const Ranks* ranks) {
  const int64_t shards = experiment.train.shards;
  if (const int64_t count = data.subsets().train.count; count < shards) {
    throw Error(ErrorKind::experiment, "{}: got {} shards, expected at most one for each of the {} training samples",
                located(experiment, "train", "shards"), shards, count);
  }
  if (ranks == nullptr) {
    return {shards};
  }
  expect_divided(experiment, ranks->count());
  return {shards, ranks->count(), ranks->rank()};
}

}  // namespace

TrainingSteps::TrainingSteps(const experiment::Experiment& experiment, const plugin::Registry& registry,
                             const data::ExperimentData& data, inference::BuiltModel& model, Ranks* ranks)
    : experiment_(experiment),
      model_(model.model()),
      batches_(data, experiment.train.batch_size, static_cast<uint64_t>(experiment.seed),
               cut_of(experiment, data, ranks)),
      optimizers_(model.bank()),
      session_(model.session(execute::Mode::train, precision_of(experiment),
                             static_cast<size_t>(experiment.train.shards), ranks)) {
  const std::vector<std::string> groups = model_.group_names();
  set_optimizers(optimizers_, experiment, registry, groups);
  set_schedule(optimizers_, experiment, groups, 1);
}

void TrainingSteps::record(int64_t step, int64_t total_steps, const record::Observation& observation) {
  batches_.begin_step();
  optimizers_.begin_step(step);
  atl_phase_info phase{};
  phase.step = step;
  phase.total_steps = total_steps;
  phase.epoch = static_cast<double>(batches_.consumed() - 1) / static_cast<double>(batches_.batches_per_epoch());
  session_->begin({static_cast<uint64_t>(experiment_.seed), purpose_training, step, 0}, observation);
  model_.train_step(*session_, batches_, phase, optimizers_);
  session_->end();
}

}  // namespace atelier::training
