// Records training steps: a model with its batches, the optimizers of its groups, and the session that runs them.
#pragma once

#include <cstdint>
#include <memory>

#include "data/training_batches.hpp"
#include "inference/built_model.hpp"
#include "training/group_optimizers.hpp"

namespace atelier::training {

class TrainingSteps {
 public:
  // All is borrowed; `ranks` is null for this process alone. Throws Error for an optimizer that cannot be.
  TrainingSteps(const experiment::Experiment& experiment, const plugin::Registry& registry,
                const data::ExperimentData& data, inference::BuiltModel& model, Ranks* ranks);
  TrainingSteps(const TrainingSteps&) = delete;
  TrainingSteps& operator=(const TrainingSteps&) = delete;

  // Records one step (from 1) and ends the recording; the step before may still run.
  void record(int64_t step, int64_t total_steps, const record::Observation& observation);
  [[nodiscard]] execute::Session& session() { return *session_; }
  [[nodiscard]] data::TrainingBatches& batches() { return batches_; }
  [[nodiscard]] GroupOptimizers& optimizers() { return optimizers_; }

 private:
  const experiment::Experiment& experiment_;
  plugin::Model& model_;
  data::TrainingBatches batches_;
  GroupOptimizers optimizers_;
  std::unique_ptr<execute::Session> session_;
};

}  // namespace atelier::training
