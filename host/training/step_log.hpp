// What a run logs of its training steps: which values are asked of a step, and the rows and tensors that they become.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "runlog/writer.hpp"
#include "training/log_plan.hpp"
#include "training/run.hpp"

namespace atelier::training {

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
  StepLog(Setup& setup, const LogPlan& plan, runlog::Writer& writer, Observer& observer)
      : setup_(setup), plan_(plan), writer_(writer), observer_(observer) {}

  [[nodiscard]] record::Observation observation_of(int64_t step) const;
  // `updates`: of each group, this step's included.
  void write(const DoneStep& done, const std::vector<int64_t>& updates, const execute::StepResults& results);

 private:
  void write_row(const DoneStep& done, const std::vector<int64_t>& updates, const execute::StepResults& results);
  void write_parameter_norms(const DoneStep& done, const execute::StepResults& results);
  void write_tensors(int64_t step, const execute::StepResults& results);
  void write_weights(int64_t step);

  Setup& setup_;
  const LogPlan& plan_;
  runlog::Writer& writer_;
  Observer& observer_;
  std::set<std::string> undeclared_;
  double row_seconds_ = 0;   // at the last row
  int64_t row_samples_ = 0;  // since then
};

}  // namespace atelier::training
