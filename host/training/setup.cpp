#include "training/setup.hpp"

namespace atelier::training {

Setup::Setup(const experiment::Experiment& the_experiment, const plugin::Registry& registry,
             const inference::Environment& environment, inference::ForeignRuns foreign_runs, Ranks* ranks)
    : experiment(the_experiment),
      data(experiment, registry, environment.data_directories, environment.datasets),
      built(experiment, data.spec(), registry, environment, std::move(foreign_runs)),
      sampler(built),
      evaluator(experiment, registry, data, built, sampler),
      steps(experiment, registry, data, built, ranks) {}

}  // namespace atelier::training
