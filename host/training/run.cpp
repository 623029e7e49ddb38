#include "base/error.hpp"
#include "runlog/path.hpp"
#include "training/fingerprint.hpp"
#include "training/trained.hpp"
#include "training/trainer.hpp"

namespace atelier::training {
namespace {

void write_foreign(const Workbench& bench, runlog::Writer& writer) {
  for (size_t i = 0; i < bench.foreign_runs().size(); ++i) {
    std::vector<runlog::ArrayView> weights;
    for (const auto& [name, value] : bench.foreign_runs()[i].model.weights) {
      weights.push_back({name, {value.storage.as<const float>(), static_cast<size_t>(value.shape.elements())}});
    }
    writer.write_foreign(i, weights);
  }
}

// Everything that could go wrong in going on is found before the log is touched.
void check_resumable(Workbench& bench, const LogPlan& plan, const runlog::Reader& reader,
                     const runlog::Checkpoint& checkpoint, const plugin::Registry& registry) {
  bench.load(checkpoint.weights);
  bench.load_slots(checkpoint.optimizer);
  const runlog::RunDescription now = describe_run(bench, plan, registry, 1);
  const runlog::RunDescription& then = reader.description();
  const auto names = [](const runlog::RunDescription& description) {
    std::vector<std::string> out = description.counters;
    for (const runlog::Cadence& cadence : description.cadences) {
      for (const runlog::Metric& metric : cadence.metrics) {
        out.push_back(cadence.name + "/" + metric.name);
      }
    }
    for (const runlog::TensorSeries& series : description.tensors) {
      out.push_back(series.name);
    }
    return out;
  };
  if (names(now) != names(then)) {
    throw Error(
        ErrorKind::file,
        "{}: the model logs other values than it did when the run began; hint: its plugin may have changed since",
        reader.path().string());
  }
}

double seconds_until(const runlog::Reader& reader, int64_t step) {
  const runlog::TimingSeries timing = reader.timing("train");
  double seconds = 0;
  for (size_t i = 0; i < timing.steps.size() && timing.steps[i] <= step; ++i) {
    seconds = timing.wall_seconds[i];
  }
  return seconds;
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
  runlog::Writer writer = runlog::Writer::create(log, description);
  write_foreign(bench, writer);
  Trainer trainer(bench, plan, std::move(writer), log, options, observer);
  trainer.begin();
  return trainer.run();
}

RunOutcome resume(const std::filesystem::path& log, const plugin::Registry& registry, const RunOptions& options,
                  Observer& observer) {
  std::optional<runlog::Reader> reader(log);
  if (reader->status() == runlog::Status::finished) {
    throw Error(ErrorKind::file, "{}: the run is finished; there is nothing to resume", log.string());
  }
  const std::optional<runlog::Checkpoint> checkpoint = reader->newest_checkpoint();
  if (!checkpoint) {
    throw Error(ErrorKind::file, "{}: has no checkpoint to go on from", log.string());
  }
  const experiment::Experiment experiment = experiment_of(*reader, registry, {});
  Workbench bench(experiment, registry, options, runs_in_log(*reader, experiment, registry, options));
  const LogPlan plan = probe(bench);
  check_resumable(bench, plan, *reader, *checkpoint, registry);
  if (reader->description().provenance.fingerprint != numeric_fingerprint()) {
    observer.message(
        "this machine or program computes under another numeric fingerprint than the run so far; its bits may differ "
        "from an uninterrupted run's");
  }
  const double seconds_before = seconds_until(*reader, checkpoint->step);
  reader.reset();
  Trainer trainer(bench, plan, runlog::Writer::reopen(log, checkpoint->step), log, options, observer);
  trainer.restore(*checkpoint, seconds_before);
  return trainer.run();
}

ModelSummary summarize(const experiment::Experiment& experiment, const plugin::Registry& registry,
                       const RunOptions& options) {
  Workbench bench(experiment, registry, options);
  take_start(bench, registry, options);
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
  out.training_flops = step.flops;
  out.step_bytes = static_cast<int64_t>(step.arena_bytes);
  out.batch_size = experiment.train.batch_size;
  out.train_count = bench.subsets().train.count;
  out.validation_count = bench.subsets().validation.count;
  out.test_count = bench.subsets().test.count;
  out.total_steps = plan.total_steps;
  return out;
}

}  // namespace atelier::training
