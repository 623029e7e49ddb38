// What the numbers of an evaluation mean, and the one that the best weights and early stopping go by.
#pragma once

#include <string>

#include "experiment/experiment.hpp"
#include "plugin/registry.hpp"

namespace atelier::training {

// What is said of a number by whoever reports it: a metric of the experiment, or its model. Its unit may be that of one
// of the model's losses. Of one that nobody declares only the name is known, but that a model's "loss" is to be small.
catalog::Measure measure_of(const experiment::Experiment& experiment, const plugin::Registry& registry,
                            const std::string& name);

struct Monitor {
  std::string metric;
  catalog::Direction direction = catalog::Direction::unknown;  // "neither": no evaluation is the best one
  std::string reason;                                          // one line: who says so, and what follows from it
  std::string warning;  // one line, where the experiment and the plugin contradict each other
};

// `measured` is the measure of evaluate.metric; evaluate.goal goes before it. Throws Error(experiment) where nobody
// says which values are better, and where early stopping would wait for a best that cannot be.
Monitor monitor_of(const experiment::Experiment& experiment, const catalog::Measure& measured);

}  // namespace atelier::training
