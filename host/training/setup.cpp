#include "training/setup.hpp"

namespace atelier::training {

Setup::Setup(const experiment::Experiment& the_experiment, const plugin::Registry& registry,
             const inference::Environment& environment, inference::ForeignRuns foreign_runs)
    : experiment(the_experiment),
      data(experiment, registry, environment.data_directories),
      model(experiment, data.spec(), registry, environment, std::move(foreign_runs)),
      sampler(model),
      evaluator(experiment, registry, data, model, sampler),
      steps(experiment, registry, data, model) {}

}  // namespace atelier::training
