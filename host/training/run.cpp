#include "training/run.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <new>

#include "base/error.hpp"
#include "base/ranks.hpp"
#include "inference/provenance.hpp"
#include "inference/trained_model.hpp"
#include "inference/weights.hpp"
#include "kernels/warm_up.hpp"
#include "runlog/identity.hpp"
#include "runlog/path.hpp"
#include "training/equal_ranks.hpp"
#include "training/run_description.hpp"
#include "training/start.hpp"
#include "training/trainer.hpp"

namespace atelier::training {
namespace {

void write_foreign(const Setup& setup, runlog::Writer& writer) {
  for (size_t i = 0; i < setup.built.foreign_runs().size(); ++i) {
    std::vector<runlog::ArrayView> weights;
    for (const auto& [name, value] : setup.built.foreign_runs()[i].model.weights) {
      weights.emplace_back(name, value.dtype, value.storage);
    }
    writer.write_foreign(i, weights);
  }
}

// What the run would go on with that it was not made from. Throws Error(file) where that is not allowed.
std::vector<runlog::Change> allowed_changes(const runlog::Reader& reader, const runlog::RunDescription& now,
                                            int64_t step, bool allowed) {
  std::vector<runlog::Change> changes =
      runlog::differences(runlog::identity_of(reader.description()), runlog::identity_of(now));
  std::vector<std::string> texts;
  for (runlog::Change& change : changes) {
    change.step = step;
    texts.push_back(to_text(change));
  }
  if (!changes.empty() && !allowed) {
    throw Error(ErrorKind::file,
                "{}: what the run is made from has changed: {}; hint: bring back what it was, or --allow-changes goes "
                "on with what is there, and the log says so",
                reader.path().string(), fmt::join(texts, "; "));
  }
  return changes;
}

// Everything that could go wrong in going on is found before the log is touched.
void check_resumable(Setup& setup, const runlog::RunDescription& now, const runlog::Reader& reader,
                     const runlog::Checkpoint& checkpoint) {
  inference::load(checkpoint.weights, setup.built.bank());
  setup.steps.optimizers().load_slots(checkpoint.optimizer);
  const runlog::RunDescription& then = reader.description();
  const auto names = [](const runlog::RunDescription& description) {
    std::vector<std::string> out = description.counters;
    out.insert(out.end(), description.numbers.begin(), description.numbers.end());
    for (const runlog::Cadence& cadence : description.cadences) {
      for (const runlog::MetricColumn& metric : cadence.metrics) {
        out.push_back(cadence.name + "/" + metric.name);
      }
    }
    for (const runlog::TensorSeries& series : description.tensors) {
      out.push_back(series.name);
    }
    for (const runlog::SampleSeries& series : description.samples) {
      out.push_back(
          fmt::format("{} {} {}", series.name, catalog::name_of(series.kind), tensor::to_string(series.dims)));
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

bool writes_log(const RunOptions& options) {
  return options.ranks == nullptr || options.ranks->is_first();
}

// From here on something would be lost.
void begin_work(const RunOptions& options) {
  if (options.stop != nullptr) {
    options.stop->has_work = true;
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

constexpr std::string_view other_fingerprint =
    "this machine or program computes under another numeric fingerprint than the run ";

void tell_differences(const runlog::RunDescription& then, const runlog::RunDescription& now, Observer& observer) {
  for (const runlog::Change& change : then.provenance.changes) {
    observer.message(
        fmt::format("the run went on from step {} with something else, which it is made from here from its "
                    "beginning: {}",
                    change.step, to_text(change)));
  }
  for (const runlog::Change& change : runlog::differences(runlog::identity_of(then), runlog::identity_of(now))) {
    observer.message("this is another experiment: " + to_text(change));
  }
  if (then.provenance.fingerprint != now.provenance.fingerprint) {
    observer.message(fmt::format("{}did; its rounding may differ", other_fingerprint));
  }
}

// What a run repeats, if it does.
struct Repeated {
  const runlog::RunDescription& description;
  const Stretch& stretch;
};

RunOutcome begin(Setup& setup, const experiment::Experiment& experiment, const plugin::Registry& registry,
                 const RunOptions& options, Observer& observer, const Repeated* repeated) {
  const runlog::RunDescription* const then = repeated != nullptr ? &repeated->description : nullptr;
  const runlog::Checkpoint* const from = repeated != nullptr ? repeated->stretch.from : nullptr;
  const StartedWith start =
      from != nullptr ? started_with(then->provenance) : take_start(setup, registry, options, then);
  for (const std::string& line : start.said) {
    if (options.inform) {
      options.inform(line);
    }
  }
  const LogPlan plan = plan_log(setup, registry);
  if (!plan.monitor.warning.empty()) {
    observer.message(plan.monitor.warning);
  }
  for (const std::string& group : plan.idle_groups) {
    observer.message(
        fmt::format("warning: the first training step minimizes nothing for the parameter group '{}', whose weights "
                    "stay as they begin; hint: step.minimize(\"{}\", loss)",
                    group, group));
  }
  runlog::RunDescription description = describe_run(setup, plan, registry, options.threads, start);
  if (options.ranks != nullptr) {
    expect_equal_ranks(*options.ranks, description, nullptr);
  }
  if (then != nullptr) {
    tell_differences(*then, description, observer);
  }
  const std::filesystem::path log =
      runlog::new_log_path(options.log_directory.empty() ? options.out_directory : options.log_directory,
                           experiment.name, description.created_utc, description.run_id, description.seed);
  begin_work(options);
  runlog::Writer writer = writes_log(options) ? runlog::Writer::create(log, description) : runlog::Writer::nowhere();
  write_foreign(setup, writer);
  const Stretch whole;
  Trainer trainer(setup, plan, std::move(writer), log, options, observer,
                  repeated != nullptr ? repeated->stretch : whole);
  if (from != nullptr) {
    trainer.begin_from(*from);
  } else {
    trainer.begin();
  }
  return trainer.run();
}

}  // namespace

bool is_lack_of_memory(const std::exception& error) {
  const auto* const ours = dynamic_cast<const Error*>(&error);
  return ours != nullptr ? ours->kind() == ErrorKind::memory : dynamic_cast<const std::bad_alloc*>(&error) != nullptr;
}

RunOutcome run(const experiment::Experiment& experiment, const plugin::Registry& registry, const RunOptions& options,
               Observer& observer) {
  const kernels::WarmUp warm_up(options.threads);  // while data is read
  Setup setup(experiment, registry, options, {}, options.ranks);
  return begin(setup, experiment, registry, options, observer, nullptr);
}

RunOutcome run_again(const runlog::Reader& log, const Stretch& stretch, const plugin::Registry& registry,
                     const RunOptions& options, Observer& observer) {
  const experiment::Experiment experiment = inference::experiment_of(log, registry, {});
  const kernels::WarmUp warm_up(options.threads);  // while data is read
  Setup setup(experiment, registry, options, inference::runs_in_log(log, experiment, registry, options));
  const Repeated repeated{log.description(), stretch};
  return begin(setup, experiment, registry, options, observer, &repeated);
}

RunOutcome resume(const std::filesystem::path& log, const plugin::Registry& registry, const RunOptions& options,
                  Observer& observer) {
  std::optional<runlog::Reader> reader(log);
  if (reader->status() == runlog::Status::finished) {
    throw Error(ErrorKind::file, "{}: the run is finished; there is nothing to resume", log.string());
  }
  reader->expect_undropped({runlog::Part::optimizer_slots, runlog::Part::checkpoints}, "resumed");
  const std::optional<runlog::Checkpoint> checkpoint = reader->newest_checkpoint();
  if (!checkpoint) {
    throw Error(ErrorKind::file, "{}: has no checkpoint to go on from", log.string());
  }
  const experiment::Experiment experiment = inference::experiment_of(*reader, registry, {});
  const kernels::WarmUp warm_up(options.threads);  // while data is read
  Setup setup(experiment, registry, options, inference::runs_in_log(*reader, experiment, registry, options),
              options.ranks);
  const LogPlan plan = plan_log(setup, registry);
  const runlog::Provenance& then = reader->description().provenance;
  runlog::RunDescription now = describe_run(setup, plan, registry, options.threads, started_with(then));
  if (options.ranks != nullptr) {
    expect_equal_ranks(*options.ranks, now, &*checkpoint);
  }
  std::vector<runlog::Change> changes = then.changes;
  std::ranges::move(allowed_changes(*reader, now, checkpoint->step, options.allow_changes),
                    std::back_inserter(changes));
  check_resumable(setup, now, *reader, *checkpoint);
  if (then.fingerprint != now.provenance.fingerprint) {
    observer.message(fmt::format("{}so far; its bits may differ from an uninterrupted run's", other_fingerprint));
  }
  const double seconds_before = seconds_until(*reader, checkpoint->step);
  reader.reset();
  if (options.ranks != nullptr) {
    (void)options.ranks->gathered("");  // each has read the log before it is written to
  }
  begin_work(options);
  runlog::Writer writer = writes_log(options) ? runlog::Writer::reopen(log, checkpoint->step, checkpoint->sequence)
                                              : runlog::Writer::nowhere();
  writer.set_changes(changes);
  const Stretch rest;
  Trainer trainer(setup, plan, std::move(writer), log, options, observer, rest);
  trainer.restore(*checkpoint, seconds_before);
  return trainer.run();
}

}  // namespace atelier::training
