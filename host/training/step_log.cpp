#include "training/step_log.hpp"

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "training/step_names.hpp"

namespace atelier::training {

record::Observation StepLog::observation_of(int64_t step) const {
  const experiment::Log& log = setup_.experiment.log;
  const auto at = [&](int64_t every) { return every > 0 && step % every == 0; };
  record::Observation out;
  out.group_norms = at(log.every) || step == 1;
  out.parameter_norms = at(log.gradient_norms);
  out.gradients = at(log.gradients);
  out.annotations = !log.activations.empty() && at(log.activations_every);
  return out;
}

void StepLog::write(const DoneStep& done, const std::vector<int64_t>& updates, const execute::StepResults& results) {
  const experiment::Log& log = setup_.experiment.log;
  const auto at = [&](int64_t every) { return every > 0 && done.step % every == 0; };
  row_samples_ += done.samples;
  if (at(log.every) || done.step == 1 || done.step == plan_.total_steps) {
    write_row(done, updates, results);
  }
  if (at(log.gradient_norms)) {
    write_parameter_norms(done, results);
  }
  write_tensors(done.step, results);
  if (at(log.weights)) {
    write_weights(done.step);
  }
}

void StepLog::write_row(const DoneStep& done, const std::vector<int64_t>& updates,
                        const execute::StepResults& results) {
  std::vector<double> row(plan_.train_columns.size(), std::nan(""));
  const size_t first_norm = plan_.train_names.size();
  const size_t groups = updates.size();
  for (const execute::StepResult& result : results.entries) {
    if (result.kind == record::OutputKind::logged) {
      const std::string& name = setup_.steps.session().names()[static_cast<size_t>(result.index)];
      const auto column = std::ranges::find(plan_.train_names, name);
      if (column != plan_.train_names.end()) {
        row[static_cast<size_t>(column - plan_.train_names.begin())] = result.value;
      } else if (undeclared_.insert(name).second) {
        observer_.message(
            fmt::format("'{}' is first logged at step {}, and not in the first step; it is left out", name, done.step));
      }
    } else if (result.kind == record::OutputKind::group_norm) {
      row[first_norm + static_cast<size_t>(result.index)] = result.value;
    }
  }
  for (size_t g = 0; g < groups; ++g) {
    row[first_norm + groups + g] = setup_.steps.optimizers().logged_learning_rate(g, done.step, updates[g]);
  }
  const double speed = static_cast<double>(row_samples_) / std::max(done.training_seconds - row_seconds_, 1e-9);
  row_seconds_ = done.training_seconds;
  row_samples_ = 0;
  writer_.append("train", done.step, done.epoch, row, done.wall_seconds, speed);
}

void StepLog::write_parameter_norms(const DoneStep& done, const execute::StepResults& results) {
  std::vector<double> row(plan_.parameter_columns.size(), std::nan(""));
  for (const execute::StepResult& result : results.entries) {
    if (result.kind == record::OutputKind::parameter_norm) {
      const std::string& name = setup_.built.bank().parameters[static_cast<size_t>(result.index)]->name;
      const auto column = std::ranges::find(plan_.parameter_columns, name);
      row[static_cast<size_t>(column - plan_.parameter_columns.begin())] = result.value;
    }
  }
  writer_.append("gradient_norms", done.step, done.epoch, row, done.wall_seconds, 0);
}

void StepLog::write_tensors(int64_t step, const execute::StepResults& results) {
  StepNames names(setup_.steps.session().names(), setup_.built.bank());
  for (const execute::StepResult& result : results.entries) {
    if (result.kind != record::OutputKind::gradient && result.kind != record::OutputKind::annotation) {
      continue;
    }
    const std::string name = names.next(result.kind, result.index);
    const auto series = std::ranges::find(plan_.tensors, name, &runlog::TensorSeries::name);
    if (series == plan_.tensors.end() || !(series->shape == result.tensor->shape)) {
      continue;  // not asked for, or from the smaller last batch of an epoch
    }
    writer_.append_tensor(
        name, step, {result.tensor->storage.as<const float>(), static_cast<size_t>(result.tensor->shape.elements())});
  }
}

void StepLog::write_weights(int64_t step) {
  for (const auto& parameter : setup_.built.bank().parameters) {
    if (parameter->group >= 0) {
      writer_.append_tensor(
          "weights." + parameter->name, step,
          {parameter->value.storage.as<const float>(), static_cast<size_t>(parameter->value.shape.elements())});
    }
  }
}

}  // namespace atelier::training
