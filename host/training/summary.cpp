#include "training/summary.hpp"

#include "kernels/warm_up.hpp"
#include "training/log_plan.hpp"
#include "training/row_counts.hpp"
#include "training/run_description.hpp"
#include "training/start.hpp"

namespace atelier::training {

ModelSummary summarize(const experiment::Experiment& experiment, const plugin::Registry& registry,
                       const inference::Environment& environment) {
  const kernels::WarmUp warm_up(environment.threads);  // while data is read
  Setup setup(experiment, registry, environment);
  StartedWith start = take_start(setup, registry, environment);
  const LogPlan plan = plan_log(setup, registry);
  ModelSummary out;
  const runlog::RowCounts rows = row_counts_of(setup, plan);
  out.log_size = runlog::size_of_log(describe_run(setup, plan, registry, environment.threads, start), rows);
  out.evaluations = rows.cadences.at("eval");
  out.start = std::move(start);
  for (const auto& parameter : setup.built.bank().parameters) {
    if (parameter->slot_of >= 0) {
      out.optimizer_bytes += static_cast<int64_t>(parameter->value.bytes());
      continue;
    }
    const std::string group =
        parameter->group < 0 ? "" : setup.built.bank().groups[static_cast<size_t>(parameter->group)].name;
    const int64_t elements = parameter->value.shape.elements();
    out.parameters.push_back({group, parameter->name, tensor::to_string(parameter->value.shape), elements});
    out.parameter_count += parameter->group < 0 ? 0 : elements;
    out.parameter_bytes += static_cast<int64_t>(parameter->value.bytes());
    for (const tensor::Storage& slot : parameter->slots) {
      out.optimizer_bytes += static_cast<int64_t>(slot.size());
    }
  }
  out.training_flops = plan.training_flops;
  out.step_bytes = plan.step_bytes;
  out.batch_size = experiment.train.batch_size;
  out.train_count = setup.data.subsets().train.count;
  out.validation_count = setup.data.subsets().validation.count;
  out.test_count = setup.data.subsets().test.count;
  out.total_steps = plan.total_steps;
  out.steps_per_epoch =
      static_cast<double>(setup.steps.batches().batches_per_epoch()) / static_cast<double>(plan.batches_per_step);
  out.measures = plan.measures;
  out.monitor = plan.monitor;
  out.samples = plan.samples;
  return out;
}

}  // namespace atelier::training
