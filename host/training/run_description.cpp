#include "training/run_description.hpp"

#include "inference/provenance.hpp"
#include "runlog/creation_time.hpp"
#include "runlog/path.hpp"

namespace atelier::training {
namespace {

std::vector<runlog::MetricColumn> columns(const std::vector<std::string>& names) {
  std::vector<runlog::MetricColumn> out;
  for (const std::string& name : names) {
    out.push_back({name, ""});
  }
  return out;
}

// The number that the best weights go by with the direction that they go by.
std::vector<runlog::MetricColumn> measured_columns(const LogPlan& plan) {
  std::vector<runlog::MetricColumn> out;
  for (const catalog::Measure& measure : plan.measures) {
    const bool monitored = measure.name == plan.monitor.metric;
    out.push_back(
        {measure.name, measure.unit, to_string(monitored ? plan.monitor.direction : measure.direction), measure.help});
  }
  return out;
}

}  // namespace

runlog::RunDescription describe_run(Setup& setup, const LogPlan& plan, const plugin::Registry& registry, int threads,
                                    const StartedWith& start) {
  const experiment::Experiment& experiment = setup.experiment;
  runlog::RunDescription out;
  out.name = experiment.name;
  out.seed = static_cast<uint64_t>(experiment.seed);
  out.tags = experiment.tags;
  out.created_utc = runlog::utc_now();
  out.source = experiment.source_text;
  out.resolved = experiment.resolved_text;
  for (const std::string& override_text : experiment.overrides) {
    out.overrides += override_text + "\n";
  }
  // With a '/' at its end a path loses "." and "..", and then the '/'.
  out.directory = std::filesystem::absolute(experiment.directory / "").lexically_normal().parent_path().string();
  out.run_id = runlog::new_run_id();
  for (const inference::ForeignRun& foreign : setup.built.foreign_runs()) {
    out.foreign.push_back({foreign.name, foreign.run_id, foreign.resolved, {}});
    for (const auto& [name, value] : foreign.model.weights) {
      out.foreign.back().weights.push_back({name, value.shape, value.dtype});
    }
  }
  out.provenance = inference::provenance_of(experiment, registry, setup.data, setup.built, threads);
  out.provenance.start_run_id = start.run_id;
  out.provenance.start_file_sha256 = start.file_sha256;
  out.provenance.start_left_out = start.left_out_text();
  out.data = setup.data.spec();
  out.data.files.clear();
  out.cadences.push_back({"train", columns(plan.train_columns), "train"});
  const bool apart = setup.data.evaluates_test_apart();
  out.cadences.push_back({"eval", measured_columns(plan), apart ? "validation" : "test"});
  if (apart) {
    out.cadences.push_back({"test", measured_columns(plan), "test"});
  }
  if (experiment.log.gradient_norms > 0) {
    out.cadences.push_back({"gradient_norms", columns(plan.parameter_columns), "train"});
  }
  if (plan.samples) {
    out.samples.push_back(*plan.samples);
  }
  out.tensors = plan.tensors;
  for (const auto& parameter : setup.built.bank().parameters) {
    if (parameter->is_models_own()) {
      const tensor::Tensor& value = parameter->value;
      (parameter->group >= 0 ? out.parameters : out.state).push_back({parameter->name, value.shape, value.dtype});
    }
  }
  for (const GroupOptimizers::SlotEntry& slot : setup.steps.optimizers().slots()) {
    out.optimizer.push_back({slot.name, slot.shape, slot.dtype});
  }
  out.counters = {"batches", "due", "evaluations_without_improvement", "has_best"};
  for (const std::string& group : setup.built.model().group_names()) {
    out.counters.push_back("updates." + group);
  }
  out.numbers = {"best", "early_stopping_reference"};
  out.best_metric = has_better(plan.monitor.direction) ? "eval/" + plan.monitor.metric : "";
  out.summary = plan.evaluation_names;
  out.summary.push_back("steps");
  return out;
}

}  // namespace atelier::training
