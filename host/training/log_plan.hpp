// What a run will log, found by recording a first step, an evaluation and a sampling without keeping their effects.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "runlog/description.hpp"
#include "training/measures.hpp"
#include "training/setup.hpp"

namespace atelier::training {

struct LogPlan {
  std::vector<std::string> train_names;        // logged by the model in training, in order
  std::vector<std::string> losses;             // of those, what is minimized; the first where none is
  std::vector<std::string> evaluation_names;   // sorted
  std::vector<catalog::Measure> measures;      // what they mean, in the same order
  Monitor monitor;                             // the one of them that the best weights go by
  std::vector<std::string> train_columns;      // all columns of metrics/train
  std::vector<std::string> parameter_columns;  // of metrics/gradient_norms: one for each trained parameter
  std::vector<runlog::TensorSeries> tensors;
  std::optional<runlog::SampleSeries> samples;  // none of a model that makes none
  int64_t batches_per_step = 1;
  bool reads_in_step = false;  // so that no step is recorded while the one before runs
  int64_t total_steps = 0;
  std::vector<std::string> idle_groups;  // that the first step minimizes nothing of, and the experiment has not frozen
  double training_flops = 0;             // of matrix products and convolutions, in a step of a whole batch
  int64_t step_bytes = 0;                // of memory for its values
};

// Throws Error for what the experiment asks of its log, and the model or its metrics do not have.
LogPlan plan_log(Setup& setup, const plugin::Registry& registry);

}  // namespace atelier::training
