#include "training/row_counts.hpp"

#include <algorithm>
#include <cmath>

namespace atelier::training {
namespace {

// Of the steps that are a multiple of `every`, the first and the last.
int64_t train_rows(int64_t steps, int64_t every) {
  const int64_t multiples = steps / every;
  return multiples + (every > 1 ? 1 : 0) + (steps % every != 0 && steps > 1 ? 1 : 0);
}

int64_t rows_of_tensor(const std::string& name, const experiment::Log& log, int64_t steps, int64_t evaluations) {
  const auto rows = [&](int64_t every) { return every > 0 ? steps / every : 0; };
  return name.starts_with("weights.")       ? rows(log.weights)
         : name.starts_with("gradients.")   ? rows(log.gradients)
         : name.starts_with("activations.") ? rows(log.activations_every)
         : name.starts_with("test.")        ? 1
                                            : evaluations;
}

}  // namespace

int64_t times_due(int64_t steps, double epochs_a_step, double every_epochs) {
  constexpr double rounding = 1e-9;
  const auto multiples = [&](int64_t step) {
    return std::floor(static_cast<double>(step) * epochs_a_step / every_epochs + rounding);
  };
  if (every_epochs <= epochs_a_step) {
    return steps;
  }
  const bool at_last = multiples(steps) > multiples(steps - 1);
  return static_cast<int64_t>(multiples(steps)) + (at_last ? 0 : 1);
}

runlog::RowCounts row_counts_of(Setup& setup, const LogPlan& plan) {
  const experiment::Experiment& experiment = setup.experiment;
  const int64_t steps = plan.total_steps;
  const double epochs_a_step =
      static_cast<double>(plan.batches_per_step) / static_cast<double>(setup.steps.batches().batches_per_epoch());
  const int64_t evaluations = times_due(steps, epochs_a_step, experiment.evaluate.every);
  runlog::RowCounts rows;
  rows.cadences["train"] = train_rows(steps, experiment.log.every);
  rows.cadences["eval"] = evaluations;
  rows.cadences["test"] = 1;
  if (experiment.log.gradient_norms > 0) {
    rows.cadences["gradient_norms"] = steps / experiment.log.gradient_norms;
  }
  if (const int64_t keep = experiment.checkpoint.keep; keep > 0) {
    rows.kept_checkpoints = steps / keep + 1;
  }
  if (plan.samples) {
    rows.samples[plan.samples->name] = times_due(steps, epochs_a_step, experiment.sample.every);
  }
  for (const runlog::TensorSeries& series : plan.tensors) {
    rows.tensors[series.name] = rows_of_tensor(series.name, experiment.log, steps, evaluations);
  }
  return rows;
}

}  // namespace atelier::training
