#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "runlog/path.hpp"
#include "training/fingerprint.hpp"
#include "training/trainer.hpp"

namespace atelier::training {
namespace {

// [start]: weights of another run, whole groups of them.
void take_start(Workbench& bench, const plugin::Registry& registry, const RunOptions& options) {
  const auto& start = bench.experiment().start;
  if (!start) {
    return;
  }
  const plugin::ForeignModel source = foreign_model(start->from, bench.experiment(), registry, options);
  graph::Bank& bank = bench.model().bank();
  const std::vector<std::string> names = bench.model().group_names();
  for (const auto* list : {&start->groups, &start->freeze}) {
    for (const std::string& name : *list) {
      if (std::ranges::find(names, name) == names.end()) {
        throw Error(ErrorKind::experiment, "start: the model has no parameter group '{}', it has {}", name,
                    fmt::join(names, ", "));
      }
    }
  }
  for (const auto& parameter : bank.parameters) {
    const bool wanted =
        start->groups.empty() ||
        (parameter->group >= 0 &&
         std::ranges::find(start->groups, names[static_cast<size_t>(parameter->group)]) != start->groups.end());
    if (!wanted || parameter->foreign) {
      continue;
    }
    const auto found = source.weights.find(parameter->name);
    if (found == source.weights.end() || !(found->second.shape == parameter->value.shape)) {
      throw Error(ErrorKind::experiment, "start.from: '{}' has {} for '{}', expected {}", start->from,
                  found == source.weights.end() ? "no weights" : tensor::to_string(found->second.shape),
                  parameter->name, tensor::to_string(parameter->value.shape));
    }
    parameter->value.storage = tensor::copy_of(found->second.storage);
  }
}

std::string fingerprint_warning(const std::string& stored) {
  const std::string now = numeric_fingerprint();
  return stored == now
             ? ""
             : "this machine or program computes under another numeric fingerprint than the run so far; its bits "
               "may differ from an uninterrupted run's";
}

}  // namespace

RunOutcome run(const experiment::Experiment& experiment, const plugin::Registry& registry, const RunOptions& options,
               Observer& observer) {
  Workbench bench(experiment, registry, options);
  take_start(bench, registry, options);
  const LogPlan plan = probe(bench);
  const runlog::RunDescription description = describe_run(bench, plan, registry, options.threads);
  const std::filesystem::path log = runlog::new_log_path(options.out_directory, experiment.name,
                                                         description.created_utc, description.run_id, description.seed);
  Trainer trainer(bench, plan, runlog::Writer::create(log, description), log, options, observer);
  trainer.begin();
  return trainer.run();
}

RunOutcome resume(const std::filesystem::path& log, const plugin::Registry& registry, const RunOptions& options,
                  Observer& observer) {
  std::optional<runlog::Checkpoint> checkpoint;
  std::string resolved;
  std::string fingerprint;
  double seconds_before = 0;
  {
    const runlog::Reader reader(log);
    if (reader.status() == runlog::Status::finished) {
      throw Error(ErrorKind::file, "{}: the run is finished; there is nothing to resume", log.string());
    }
    checkpoint = reader.newest_checkpoint();
    if (!checkpoint) {
      throw Error(ErrorKind::file, "{}: has no checkpoint to go on from", log.string());
    }
    resolved = reader.description().resolved;
    fingerprint = reader.description().provenance.fingerprint;
    const runlog::TimingSeries timing = reader.timing("train");
    for (size_t i = 0; i < timing.steps.size() && timing.steps[i] <= checkpoint->step; ++i) {
      seconds_before = timing.wall_seconds[i];
    }
  }
  const experiment::Experiment experiment = experiment::parse(
      resolved, log.string() + " (resolved experiment)", std::filesystem::current_path(), {}, registry.descriptions());
  Workbench bench(experiment, registry, options);
  const LogPlan plan = probe(bench);
  if (const std::string warning = fingerprint_warning(fingerprint); !warning.empty()) {
    observer.message(warning);
  }
  Trainer trainer(bench, plan, runlog::Writer::reopen(log, checkpoint->step), log, options, observer);
  trainer.restore(*checkpoint, seconds_before);
  return trainer.run();
}

ModelSummary summarize(const experiment::Experiment& experiment, const plugin::Registry& registry,
                       const RunOptions& options) {
  Workbench bench(experiment, registry, options);
  const LogPlan plan = probe(bench);
  ModelSummary out;
  for (const auto& parameter : bench.model().bank().parameters) {
    const std::string group =
        parameter->group < 0 ? "" : bench.model().bank().groups[static_cast<size_t>(parameter->group)].name;
    const int64_t elements = parameter->value.shape.elements();
    out.parameters.push_back({group, parameter->name, tensor::to_string(parameter->value.shape), elements});
    out.parameter_count += parameter->group < 0 ? 0 : elements;
    out.parameter_bytes += static_cast<int64_t>(parameter->value.bytes());
    for (const tensor::Storage& slot : parameter->slots) {
      out.optimizer_bytes += static_cast<int64_t>(slot.size());
    }
  }
  const graph::Plan& step = *bench.training().newest_plan();
  for (const graph::Step& part : step.steps) {
    out.training_flops += part.flops;
  }
  out.step_bytes = static_cast<int64_t>(step.arena_bytes);
  out.batch_size = experiment.train.batch_size;
  out.train_count = bench.subsets().train.count;
  out.validation_count = bench.subsets().validation.count;
  out.test_count = bench.subsets().test.count;
  out.total_steps = plan.total_steps;
  return out;
}

ImageStack sample(const std::filesystem::path& log, const plugin::Registry& registry, const RunOptions& options,
                  int64_t count, uint64_t seed, Weights weights) {
  const runlog::Reader reader(log);
  const experiment::Experiment experiment =
      experiment::parse(reader.description().resolved, log.string() + " (resolved experiment)",
                        std::filesystem::current_path(), {}, registry.descriptions());
  Workbench bench(experiment, registry, options);
  if (!bench.samples_images()) {
    throw Error(ErrorKind::file, "{}: the model makes no images of 1 or 3 channels", log.string());
  }
  if (auto best = weights == Weights::best ? reader.best() : std::nullopt) {
    bench.load(best->weights);
  } else if (auto last = weights != Weights::checkpoint ? reader.final_result() : std::nullopt) {
    bench.load(last->weights);
  } else if (auto checkpoint = reader.newest_checkpoint()) {
    bench.load(checkpoint->weights);
  } else {
    throw Error(ErrorKind::file, "{}: has no weights yet", log.string());
  }
  return bench.sample(count, seed);
}

}  // namespace atelier::training
