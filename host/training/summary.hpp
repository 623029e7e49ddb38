// What an experiment's model is, and what a step of it costs, before anything runs.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "experiment/experiment.hpp"
#include "inference/environment.hpp"
#include "plugin/registry.hpp"
#include "runlog/description.hpp"
#include "runlog/log_size.hpp"
#include "training/measures.hpp"
#include "training/start.hpp"

namespace atelier::training {

struct ParameterSummary {
  std::string group;  // "" for a state tensor
  std::string name;
  std::string shape;
  int64_t elements = 0;
};

struct ModelSummary {
  std::vector<ParameterSummary> parameters;
  int64_t parameter_count = 0;  // trained
  double training_flops = 0;    // of the matrix products and convolutions of one step
  int64_t parameter_bytes = 0;
  int64_t optimizer_bytes = 0;
  int64_t step_bytes = 0;  // the arena of one training step
  int64_t batch_size = 0;
  int64_t train_count = 0, validation_count = 0, test_count = 0;
  int64_t total_steps = 0, evaluations = 0;
  double steps_per_epoch = 0;              // a whole number but where a step takes several batches
  std::vector<catalog::Measure> measures;  // what an evaluation reports
  Monitor monitor;
  StartedWith start;
  runlog::LogSize log_size;
  std::optional<runlog::SampleSeries> samples;  // that the log will have; none of a model that makes none
};

// Builds the model and plans one step, without running anything.
ModelSummary summarize(const experiment::Experiment& experiment, const plugin::Registry& registry,
                       const inference::Environment& environment);

}  // namespace atelier::training
