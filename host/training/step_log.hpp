// What a run logs of its training steps: which values are asked of a step, and the rows and tensors that they become.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "runlog/writer.hpp"
#include "training/workbench.hpp"

namespace atelier::training {

// What a run will log, found by recording a first step, an evaluation and a sampling without keeping their effects.
struct LogPlan {
  std::vector<std::string> train_names;        // logged by the model in training, in order
  std::vector<std::string> evaluation_names;   // sorted
  std::vector<std::string> train_columns;      // all columns of metrics/train
  std::vector<std::string> parameter_columns;  // of metrics/gradient_norms: one for each trained parameter
  std::vector<runlog::TensorSeries> tensors;
  int64_t batches_per_step = 1;
  std::vector<int64_t> updates_per_step;  // of each group
  bool reads_in_step = false;             // so that no step is recorded while the one before runs
  int64_t total_steps = 0;
};

// A step that is done.
struct DoneStep {
  int64_t step = 0;
  double epoch = 0;             // passes over the training data
  double wall_seconds = 0;      // of the run so far
  int64_t samples = 0;          // that it took
  double training_seconds = 0;  // of the run so far, without evaluation and sampling
};

class StepLog {
 public:
  // All is borrowed.
  StepLog(Workbench& bench, const LogPlan& plan, runlog::Writer& writer, Observer& observer)
      : bench_(bench), plan_(plan), writer_(writer), observer_(observer) {}

  [[nodiscard]] graph::Observation observation_of(int64_t step) const;
  // `updates`: of each group, this step's included.
  void write(const DoneStep& done, const std::vector<int64_t>& updates, const graph::StepResults& results);

 private:
  void write_row(const DoneStep& done, const std::vector<int64_t>& updates, const graph::StepResults& results);
  void write_parameter_norms(const DoneStep& done, const graph::StepResults& results);
  void write_tensors(int64_t step, const graph::StepResults& results);
  void write_weights(int64_t step);

  Workbench& bench_;
  const LogPlan& plan_;
  runlog::Writer& writer_;
  Observer& observer_;
  std::set<std::string> undeclared_;
  double row_seconds_ = 0;   // at the last row
  int64_t row_samples_ = 0;  // since then
};

}  // namespace atelier::training
