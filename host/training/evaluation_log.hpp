// What a run logs of its evaluations: rows of numbers, and the metrics' arrays.
#pragma once

#include <string>
#include <vector>

#include "inference/evaluator.hpp"
#include "runlog/writer.hpp"
#include "training/log_plan.hpp"

namespace atelier::training {

class EvaluationLog {
 public:
  EvaluationLog(const LogPlan& plan, runlog::Writer& writer) : plan_(plan), writer_(writer) {}  // borrows both

  struct Moment {
    int64_t step = 0;
    double epoch = 0;         // passes over the training data
    double wall_seconds = 0;  // of the run so far
  };
  void write_evaluation(const Moment& now, const inference::SplitMetrics& found, double samples_per_second);
  // The arrays alone, where the row of this step is there already.
  void write_arrays(int64_t step, const inference::SplitMetrics& found);
  // Of the test split, once training is done; not again after a run that was killed at its end.
  void write_test(const Moment& now, const inference::SplitMetrics& found);

  // The columns of an evaluation, in the plan's order; NaN for one that was not measured.
  [[nodiscard]] std::vector<double> row_of(const inference::SplitMetrics& found) const;

 private:
  void append_arrays(const std::string& prefix, int64_t step, const inference::SplitMetrics& found);

  const LogPlan& plan_;
  runlog::Writer& writer_;
};

}  // namespace atelier::training
