// The parts of a training run, put together in the order in which they need each other. Each does its own work; nothing
// is done here.
#pragma once

#include "inference/evaluator.hpp"
#include "training/training_steps.hpp"

namespace atelier::training {

struct Setup {
  // `foreign_runs` empty: by their names. `ranks`: the processes that train together; null for this one alone. Borrows
  // the registry, and the ranks. Throws Error for data, settings or a model that cannot
  // be.
  Setup(const experiment::Experiment& the_experiment, const plugin::Registry& registry,
        const inference::Environment& environment, inference::ForeignRuns foreign_runs = {}, Ranks* ranks = nullptr);
  Setup(const Setup&) = delete;
  Setup& operator=(const Setup&) = delete;

  const experiment::Experiment experiment;
  data::ExperimentData data;
  inference::BuiltModel built;
  inference::Sampler sampler;
  inference::Evaluator evaluator;
  TrainingSteps steps;
};

}  // namespace atelier::training
