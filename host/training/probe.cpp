#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "base/sha256.hpp"
#include "base/text.hpp"
#include "runlog/path.hpp"
#include "training/fingerprint.hpp"
#include "training/trainer.hpp"

namespace atelier::training {
namespace {

// Whatever recording may have changed (a read in the middle of a step runs it) is put back.
class Snapshot {
 public:
  explicit Snapshot(plugin::Model& model) : model_(model), updates_(model.updates()) {
    for (const auto& parameter : model.bank().parameters) {
      values_.push_back(tensor::copy_of(parameter->value.storage));
      for (const tensor::Storage& slot : parameter->slots) {
        values_.push_back(tensor::copy_of(slot));
      }
    }
  }
  ~Snapshot() {
    size_t i = 0;
    ++model_.bank().version;
    for (const auto& parameter : model_.bank().parameters) {
      parameter->value.storage = std::move(values_[i++]);
      for (tensor::Storage& slot : parameter->slots) {
        slot = std::move(values_[i++]);
      }
    }
    model_.updates() = updates_;
  }
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;

 private:
  plugin::Model& model_;
  std::vector<int64_t> updates_;
  std::vector<tensor::Storage> values_;
};

// The tensors that [log] asks for, by what one recorded step has.
void add_tensors(Workbench& bench, const graph::Lowered& step, LogPlan& out) {
  const experiment::Log& log = bench.experiment().log;
  for (const auto& parameter : bench.model().bank().parameters) {
    if (parameter->group >= 0 && log.weights > 0) {
      out.tensors.push_back({"weights." + parameter->name, parameter->value.shape, {}});
    }
    if (parameter->group >= 0 && log.gradients > 0) {
      out.tensors.push_back({"gradients." + parameter->name, parameter->value.shape, {}});
    }
  }
  std::vector<std::string> annotated;
  for (const graph::GraphOutput& output : step.outputs) {
    const std::string& name = bench.training().names()[static_cast<size_t>(output.index)];
    if (output.kind != graph::OutputKind::annotation || std::ranges::count(annotated, name) > 0) {
      continue;
    }
    annotated.push_back(name);
    if (std::ranges::count(log.activations, name) > 0) {
      out.tensors.push_back({"activations." + name, output.value.shape(), {}});
    }
  }
  for (const std::string& name : log.activations) {
    if (std::ranges::count(annotated, name) == 0) {
      throw Error(ErrorKind::experiment, "log.activations: the model has no layer '{}'{}", name,
                  annotated.empty()
                      ? ""
                      : fmt::format("{} known: {}", did_you_mean(name, annotated), fmt::join(annotated, ", ")));
    }
  }
}

void add_train_columns(Workbench& bench, const graph::Lowered& step, LogPlan& out) {
  const std::vector<std::string>& names = bench.training().names();
  for (const graph::GraphOutput& output : step.outputs) {
    if (output.kind != graph::OutputKind::logged) {
      continue;
    }
    const std::string& name = names[static_cast<size_t>(output.index)];
    if (std::ranges::count(out.train_names, name) > 0) {
      throw Error(ErrorKind::plugin, "model '{}': logs '{}' twice in one training step", bench.experiment().model.use,
                  name);
    }
    out.train_names.push_back(name);
  }
  out.train_columns = out.train_names;
  for (const graph::ParameterGroup& group : bench.model().bank().groups) {
    out.train_columns.push_back("gradient_norm." + group.name);
    for (const uint32_t member : group.members) {
      out.parameter_columns.push_back(bench.model().bank().parameters[member]->name);
    }
  }
  for (const std::string& group : bench.model().group_names()) {
    out.train_columns.push_back("learning_rate." + group);
  }
}

void probe_step(Workbench& bench, LogPlan& out) {
  const Snapshot snapshot(bench.model());
  graph::Observation observation;
  observation.annotations = !bench.experiment().log.activations.empty();
  bench.batches().seek(0);
  bench.record_step(1, 1, observation);
  const graph::Lowered& step = *bench.training().newest_plan()->lowered;
  if (step.minimized.empty()) {
    throw Error(ErrorKind::plugin, "model '{}': train_step minimizes nothing; hint: call step.minimize(group, loss)",
                bench.experiment().model.use);
  }
  out.batches_per_step = std::max<int64_t>(bench.batches().consumed(), 1);
  out.updates_per_step = bench.model().updates();
  out.reads_in_step = bench.training().cuts();
  add_train_columns(bench, step, out);
  add_tensors(bench, step, out);
  bench.batches().seek(0);
}

void probe_evaluation(Workbench& bench, LogPlan& out) {
  const experiment::Evaluate& evaluate = bench.experiment().evaluate;
  const Subset& subset = bench.evaluated_subset();
  const SplitMetrics results = bench.evaluation_results(subset, evaluate.batch_size);
  for (const auto& [name, value] : results.values) {
    out.evaluation_names.push_back(name);
  }
  for (const plugin::MetricArray& array : results.arrays) {
    out.tensors.push_back({"metric." + array.name, array.shape, {}});
    if (bench.evaluates_test_apart()) {
      out.tensors.push_back({"test." + array.name, array.shape, {}});
    }
  }
  if (std::ranges::count(out.evaluation_names, evaluate.metric) == 0) {
    throw Error(ErrorKind::experiment, "evaluate.metric: the model '{}' has no metric '{}', expected {}",
                bench.experiment().model.use, evaluate.metric, one_of(out.evaluation_names));
  }
  const std::string table = evaluate.metric.substr(0, evaluate.metric.find('.'));
  const auto metric = bench.experiment().metrics.find(table);
  if (metric != bench.experiment().metrics.end() && metric->second.at_end) {
    throw Error(
        ErrorKind::experiment,
        "evaluate.metric: '{}' is measured at the end only, expected a metric of every evaluation; hint: leave out "
        "metric.{}.when",
        evaluate.metric, table);
  }
}

}  // namespace

LogPlan probe(Workbench& bench) {
  LogPlan out;
  probe_step(bench, out);
  probe_evaluation(bench, out);
  const experiment::Train& train = bench.experiment().train;
  const int64_t per_epoch = bench.batches().batches_per_epoch();
  out.total_steps =
      train.steps ? *train.steps : (*train.epochs * per_epoch + out.batches_per_step - 1) / out.batches_per_step;
  return out;
}

runlog::RunDescription describe_run(Workbench& bench, const LogPlan& plan, const plugin::Registry& registry,
                                    int threads) {
  const experiment::Experiment& experiment = bench.experiment();
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
  out.directory = (std::filesystem::current_path() / experiment.directory).lexically_normal().string();
  out.run_id = new_run_id();
  for (const ForeignRun& foreign : bench.foreign_runs()) {
    out.foreign.push_back({foreign.name, foreign.run_id, foreign.resolved, {}});
    for (const auto& [name, value] : foreign.model.weights) {
      out.foreign.back().weights.push_back({name, value.shape});
    }
  }
  out.provenance = provenance_of(bench, registry, threads);
  const auto metrics = [](const std::vector<std::string>& names) {
    std::vector<runlog::Metric> list;
    for (const std::string& name : names) {
      list.push_back({name, ""});
    }
    return list;
  };
  out.cadences.push_back({"train", metrics(plan.train_columns)});
  out.cadences.push_back({"eval", metrics(plan.evaluation_names)});
  if (bench.evaluates_test_apart()) {
    out.cadences.push_back({"test", metrics(plan.evaluation_names)});
  }
  if (experiment.log.gradient_norms > 0) {
    out.cadences.push_back({"gradient_norms", metrics(plan.parameter_columns)});
  }
  if (bench.samples_images()) {
    const tensor::Shape& image = bench.spec().find("image")->dims;
    out.samples.push_back({"generated", experiment.sample.count, image[1], image[2], image[0], {}});
  }
  out.tensors = plan.tensors;
  for (const auto& parameter : bench.model().bank().parameters) {
    if (!parameter->foreign) {
      (parameter->group >= 0 ? out.parameters : out.state).push_back({parameter->name, parameter->value.shape});
    }
  }
  size_t slot = 0;
  for (const auto& parameter : bench.model().bank().parameters) {
    for (size_t i = 0; i < parameter->slots.size(); ++i) {
      out.optimizer.push_back({bench.slot_names()[slot++], parameter->value.shape});
    }
  }
  out.counters = {"batches", "evaluations_without_improvement", "has_best"};
  for (const std::string& group : bench.model().group_names()) {
    out.counters.push_back("updates." + group);
  }
  out.numbers = {"best"};
  out.best_metric = "eval/" + experiment.evaluate.metric;
  out.summary = plan.evaluation_names;
  out.summary.push_back("steps");
  return out;
}

}  // namespace atelier::training
