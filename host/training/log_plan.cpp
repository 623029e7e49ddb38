#include "training/log_plan.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"
#include "base/text.hpp"
#include "tensor/memory.hpp"
#include "training/sample_log.hpp"
#include "training/step_names.hpp"

namespace atelier::training {
namespace {

// Whatever recording may have changed (a read in the middle of a step runs it) is put back.
class Snapshot {
 public:
  explicit Snapshot(Setup& setup)
      : bank_(setup.built.bank()), counts_(setup.steps.optimizers().counts()), counts_before_(counts_) {
    for (const auto& parameter : bank_.parameters) {
      keep(*parameter, parameter->value.storage);
      for (const tensor::Storage& slot : parameter->slots) {
        keep(*parameter, slot);
      }
    }
  }
  ~Snapshot() {
    size_t i = 0;
    ++bank_.version;
    for (const auto& parameter : bank_.parameters) {
      parameter->value.storage = std::move(values_[i++]);
      for (tensor::Storage& slot : parameter->slots) {
        slot = std::move(values_[i++]);
      }
    }
    counts_ = counts_before_;
  }
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;

 private:
  void keep(const record::Parameter& parameter, const tensor::Storage& storage) {
    values_.push_back(tensor::take_memory(
        [&] {
          return fmt::format(
              "a copy of the parameter '{}', {}, and of what the optimizer keeps beside it, while the first "
              "step is tried,",
              parameter.name, tensor::described(parameter.value.shape, parameter.value.dtype));
        },
        "smaller layers", [&] { return tensor::copy_of(storage); }));
  }

  record::Bank& bank_;
  std::vector<int64_t>& counts_;
  std::vector<int64_t> counts_before_;
  std::vector<tensor::Storage> values_;
};

// The tensors that [log] asks for, by what one recorded step has.
void add_tensors(Setup& setup, const record::Lowered& step, LogPlan& out) {
  const experiment::Log& log = setup.experiment.log;
  for (const auto& parameter : setup.built.bank().parameters) {
    if (parameter->group >= 0 && log.weights > 0) {
      out.tensors.push_back({"weights." + parameter->name, parameter->value.shape, {}});
    }
    if (parameter->group >= 0 && log.gradients > 0) {
      out.tensors.push_back({"gradients." + parameter->name, parameter->value.shape, {}});
    }
  }
  StepNames names(setup.steps.session().names(), setup.built.bank());
  std::vector<std::string> annotated;
  const std::string activations = "activations.";
  for (const record::GraphOutput& output : step.outputs) {
    if (output.kind != record::OutputKind::annotation) {
      continue;
    }
    const std::string name = names.next(output.kind, output.index);
    annotated.push_back(name.substr(activations.size()));
    if (std::ranges::count(log.activations, annotated.back()) > 0) {
      out.tensors.push_back({name, output.value.shape(), {}});
    }
  }
  for (const std::string& name : log.activations) {
    if (std::ranges::count(annotated, name) == 0) {
      throw Error(ErrorKind::experiment, "log.activations: the model has no layer '{}'{}", name,
                  instead_of(name, annotated, "none: what the model computes has no names"));
    }
  }
}

void add_train_columns(Setup& setup, const record::Lowered& step, LogPlan& out) {
  const std::vector<std::string>& names = setup.steps.session().names();
  for (const record::GraphOutput& output : step.outputs) {
    if (output.kind != record::OutputKind::logged) {
      continue;
    }
    const std::string& name = names[static_cast<size_t>(output.index)];
    if (std::ranges::count(out.train_names, name) > 0) {
      throw Error(ErrorKind::plugin, "model '{}': logs '{}' twice in one training step", setup.experiment.model.use,
                  name);
    }
    out.train_names.push_back(name);
    if (std::ranges::any_of(step.minimized,
                            [&](const auto& minimized) { return minimized.loss.id == output.value.id; })) {
      out.losses.push_back(name);
    }
  }
  if (out.losses.empty() && !out.train_names.empty()) {
    out.losses.push_back(out.train_names.front());
  }
  out.train_columns = out.train_names;
  for (const record::ParameterGroup& group : setup.built.bank().groups) {
    out.train_columns.push_back("gradient_norm." + group.name);
    for (const uint32_t member : group.members) {
      out.parameter_columns.push_back(setup.built.bank().parameters[member]->name);
    }
  }
  for (const std::string& group : setup.built.model().group_names()) {
    out.train_columns.push_back("learning_rate." + group);
  }
}

void probe_step(Setup& setup, LogPlan& out) {
  const Snapshot snapshot(setup);
  record::Observation observation;
  observation.annotations = !setup.experiment.log.activations.empty();
  setup.steps.batches().seek(0);
  setup.steps.record(1, 1, observation);
  const plan::Plan& planned = *setup.steps.session().newest_plan();
  const record::Lowered& step = *planned.lowered;
  if (step.minimized.empty()) {
    throw Error(ErrorKind::plugin, "model '{}': train_step minimizes nothing; hint: call step.minimize(group, loss)",
                setup.experiment.model.use);
  }
  const std::vector<record::ParameterGroup>& groups = setup.built.bank().groups;
  for (size_t g = 0; g < groups.size(); ++g) {
    if (!groups[g].frozen && std::ranges::none_of(step.minimized, [&](const auto& minimized) {
          return minimized.group == static_cast<int32_t>(g);
        })) {
      out.idle_groups.push_back(groups[g].name);
    }
  }
  out.batches_per_step = std::max<int64_t>(setup.steps.batches().consumed(), 1);
  out.training_flops = planned.flops;
  out.step_bytes = static_cast<int64_t>(planned.arena_bytes);
  out.reads_in_step = setup.steps.session().cuts();
  add_train_columns(setup, step, out);
  add_tensors(setup, step, out);
  setup.steps.batches().seek(0);
}

// The last batch of an epoch may be too small for the model. That is known before the run gets there.
void probe_last_batch(Setup& setup, const LogPlan& plan) {
  data::TrainingBatches& batches = setup.steps.batches();
  const int64_t size = batches.last_size();
  if (size == setup.experiment.train.batch_size ||
      plan.total_steps * plan.batches_per_step < batches.batches_per_epoch()) {
    return;
  }
  const Snapshot snapshot(setup);
  batches.seek(batches.batches_per_epoch() - 1);
  try {
    setup.steps.record(1, 1, {});
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::shape && error.kind() != ErrorKind::plugin) {
      throw;  // a sample that cannot be read, say
    }
    throw Error(ErrorKind::experiment,
                "train.batch_size: the last batch of an epoch has {} of {} samples, and that is too few: {}; hint: "
                "choose another train.batch_size, or leave some samples out",
                size, setup.experiment.train.batch_size, error.what());
  }
  batches.seek(0);
}

// Throws where they are more than can be counted.
int64_t count_steps(const Setup& setup, const LogPlan& plan, int64_t batches_per_epoch) {
  const experiment::Train& train = setup.experiment.train;
  int64_t batches = 0;
  const bool too_many = train.steps ? __builtin_mul_overflow(*train.steps, plan.batches_per_step, &batches)
                                    : __builtin_mul_overflow(*train.epochs, batches_per_epoch, &batches);
  constexpr int64_t most = int64_t{1} << 53;  // that a double tells apart
  if (too_many || batches > most) {
    throw Error(ErrorKind::experiment, "{}: got {}, which is more than {} batches",
                train.steps ? "train.steps" : "train.epochs", train.steps ? *train.steps : *train.epochs, most);
  }
  return train.steps ? *train.steps : (batches + plan.batches_per_step - 1) / plan.batches_per_step;
}

void probe_evaluation(Setup& setup, const plugin::Registry& registry, LogPlan& out) {
  const experiment::Evaluate& evaluate = setup.experiment.evaluate;
  const data::Subset& subset = setup.data.evaluated_subset();
  const inference::SplitMetrics results = setup.evaluator.results(subset, evaluate.batch_size);
  for (const auto& [name, value] : results.values) {
    out.evaluation_names.push_back(name);
    out.measures.push_back(measure_of(setup.experiment, registry, name));
  }
  for (const plugin::MetricArray& array : results.arrays) {
    out.tensors.push_back({"metric." + array.name, array.shape, {}});
    if (setup.data.evaluates_test_apart()) {
      out.tensors.push_back({"test." + array.name, array.shape, {}});
    }
  }
  if (std::ranges::count(out.evaluation_names, evaluate.metric) == 0) {
    throw Error(ErrorKind::experiment, "evaluate.metric: the model '{}' has no metric '{}', expected {}",
                setup.experiment.model.use, evaluate.metric,
                one_of(out.evaluation_names, "a number that its evaluate logs, and it logs none"));
  }
  const std::string table = evaluate.metric.substr(0, evaluate.metric.find('.'));
  const auto metric = setup.experiment.metrics.find(table);
  if (metric != setup.experiment.metrics.end() && metric->second.at_end) {
    throw Error(
        ErrorKind::experiment,
        "evaluate.metric: '{}' is measured at the end only, expected a metric of every evaluation; hint: leave out "
        "metric.{}.when",
        evaluate.metric, table);
  }
  out.monitor =
      monitor_of(setup.experiment, *std::ranges::find(out.measures, evaluate.metric, &catalog::Measure::name));
}

void probe_sampling(Setup& setup, LogPlan& out) {
  if (setup.sampler.makes_samples()) {
    out.samples = series_of(*setup.sampler.sampled(), setup.sampler.sample_dims(), setup.experiment.sample.count);
  }
}

}  // namespace

LogPlan plan_log(Setup& setup, const plugin::Registry& registry) {
  LogPlan out;
  probe_step(setup, out);
  out.total_steps = count_steps(setup, out, setup.steps.batches().batches_per_epoch());
  probe_last_batch(setup, out);
  probe_evaluation(setup, registry, out);
  probe_sampling(setup, out);
  return out;
}

}  // namespace atelier::training
