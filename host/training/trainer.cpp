#include "training/trainer.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "base/error.hpp"
#include "inference/weights.hpp"
#include "tensor/memory.hpp"
#include "training/looks.hpp"
#include "training/sample_log.hpp"

namespace atelier::training {
namespace {

// Somebody asked to stop in the middle of an evaluation or of sampling, which begins anew when the run goes on.
struct Interrupted : std::runtime_error {
  using std::runtime_error::runtime_error;
};

}  // namespace

Trainer::Trainer(Setup& setup, const LogPlan& plan, runlog::Writer writer, std::filesystem::path log,
                 const RunOptions& options, Observer& observer, const Stretch& stretch)
    : setup_(setup),
      plan_(plan),
      writer_(std::move(writer)),
      log_(std::move(log)),
      options_(options),
      observer_(observer),
      stretch_(stretch),
      step_log_(setup_, plan_, writer_, observer),
      evaluation_log_(plan_, writer_),
      improvement_(plan_.monitor.direction, setup.experiment.train.early_stopping) {
  set_schedule(setup_.steps.optimizers(), setup_.experiment, setup_.built.model().group_names(), plan_.total_steps);
  records_ahead_ = !plan_.reads_in_step;
  updates_after_.assign(setup_.built.bank().groups.size(), 0);
  outcome_.log = log_;
  if (options_.ranks != nullptr) {
    agreement_.emplace(*options_.ranks, agreement_tag);
    evaluation_agreement_.emplace(*options_.ranks, evaluation_tag);
  }
}

double Trainer::wall_seconds() const {
  return seconds_before_ + std::chrono::duration<double>(Clock::now() - started_).count();
}

// Which step is looked at closely: one like most others.
void Trainer::begin_profile() {
  const data::TrainingBatches& batches = setup_.steps.batches();
  const int64_t ragged = batches.last_size() == setup_.experiment.train.batch_size ? 0 : 1;
  profiled_step_ = step_to_profile(plan_.total_steps, [&](int64_t step) {
    const int64_t first = (step - 1) * plan_.batches_per_step % batches.batches_per_epoch();
    return step_log_.observation_of(step) == record::Observation() &&
           first + plan_.batches_per_step <= batches.batches_per_epoch() - ragged;
  });
  sgemm_peak_ = measure_sgemm_peak(options_.threads);
}

void Trainer::take_profile(int64_t step) {
  outcome_.profile = step_profile(profile_);
  outcome_.profile->step = step;
  outcome_.profile->sgemm_peak = sgemm_peak_;
}

RunOutcome Trainer::run() {
  if (options_.profile) {
    begin_profile();
  }
  started_ = last_checkpoint_ = Clock::now();
  observer_.judged_by(plan_.monitor.metric, plan_.monitor.direction);
  observer_.started(log_, done_ + 1);
  try {
    train();
    finish();
  } catch (const Interrupted& interrupted) {
    outcome_.status = runlog::Status::interrupted;
    outcome_.reason = fmt::format("interrupted after step {}, {}", done_, interrupted.what());
    try {
      write_checkpoint(done_);
    } catch (const std::exception& error) {
      outcome_.status = runlog::Status::failed;
      outcome_.reason += fmt::format("; then: {}", tensor::reason_of(error));
    }
    end_log();
  } catch (const std::exception& error) {
    outcome_.status = runlog::Status::failed;
    outcome_.reason = tensor::reason_of(error);
    outcome_.lacked_memory = is_lack_of_memory(error);
    try {
      salvage();
    } catch (const std::exception& further) {
      outcome_.reason += fmt::format("; then: {}", tensor::reason_of(further));
    }
    end_log();
  }
  outcome_.steps = done_;
  if (outcome_.profile) {
    outcome_.profile->peak_arena_bytes = static_cast<int64_t>(setup_.built.arena().size());
  }
  outcome_.training_seconds = wall_seconds() - seconds_before_ - idle_seconds_;
  outcome_.samples_per_second = static_cast<double>(samples_seen_) / std::max(outcome_.training_seconds, 1e-9);
  return outcome_;
}

void Trainer::part_done(const std::string& table, int64_t done, int64_t total) {
  observer_.evaluating(table, done, total);
  bool is_asked = stops();
  if (evaluation_agreement_) {
    evaluation_agreement_->start(is_asked);
    is_asked = evaluation_agreement_->take();
  }
  if (is_asked && done < total) {
    throw Interrupted(fmt::format("in [{}]", table));
  }
}

// ---- The loop. While step s runs, step s + 1 is recorded and its batch assembled.

void Trainer::train() {
  const auto pause = Clock::now();
  finish_due(done_, due_);  // of an earlier part of the run
  idle_seconds_ += std::chrono::duration<double>(Clock::now() - pause).count();
  execute::Session& session = setup_.steps.session();
  const int64_t last_step = std::min(plan_.total_steps, options_.last_step);
  for (int64_t step = done_ + 1; step <= last_step && !stopping_ && !stopped_early(); ++step) {
    session.set_profile(step == profiled_step_ ? &profile_ : nullptr);
    if (!record(step)) {
      return;
    }
    const std::vector<int64_t> updates = setup_.steps.optimizers().counts();
    const int64_t batches = setup_.steps.batches().consumed();
    const int64_t samples = setup_.steps.batches().step_samples();
    finish_running_step();
    if (stopping_) {
      return;
    }
    recorded_updates_ = updates;
    recorded_batches_ = batches;
    recorded_samples_ = samples;
    session.start(setup_.steps.batches().prefetch());
    in_flight_ = step;
    if (agreement_) {
      agreement_->start(stops());
    }
    if (const std::string warning = session.take_warning(); !warning.empty()) {
      observer_.message(warning);
    }
  }
  finish_running_step();
  if (!stopping_ && (stretch_.steps_only || (last_step < plan_.total_steps && !stopped_early()))) {
    be_interrupted();
    if (options_.stops_there) {
      outcome_.status = runlog::Status::stopped;
      outcome_.reason = fmt::format("stopped after step {}, as it was to", done_);
    }
  }
}

void Trainer::be_interrupted() {
  stopping_ = true;
  outcome_.status = runlog::Status::interrupted;
  outcome_.reason = fmt::format("interrupted after step {}", done_);
}

// Records a step while the one before runs; a model that reads values in its step has to wait until that one is done.
// False where finishing it ended the run.
bool Trainer::record(int64_t step) {
  if (!records_ahead_) {
    finish_running_step();
    if (stopping_) {
      return false;
    }
  }
  const std::vector<int64_t> updates = setup_.steps.optimizers().counts();
  const int64_t batch = setup_.steps.batches().consumed();
  const uint64_t version = setup_.built.bank().version;
  try {
    setup_.steps.record(step, plan_.total_steps, observation_of(step));
  } catch (const Error&) {
    if (!setup_.steps.session().take_refused_read()) {
      // Where a part of the step has run, before a read, the weights belong to no step.
      failed_ = setup_.built.bank().version != version;
      throw;
    }
    records_ahead_ = false;
    finish_running_step();
    setup_.steps.optimizers().counts() = updates;
    setup_.steps.batches().seek(batch);
    return !stopping_ && record(step);
  }
  return true;
}

record::Observation Trainer::observation_of(int64_t step) const {
  return stretch_.look && step == options_.last_step ? all_to_look_at() : step_log_.observation_of(step);
}

void Trainer::finish_running_step() {
  if (in_flight_ != 0) {
    finish_step(std::exchange(in_flight_, 0));
  }
}

bool Trainer::stopped_early() {
  if (!improvement_.patience_ended()) {
    return false;
  }
  const int64_t waited = improvement_.evaluations_without();
  const double beyond = setup_.experiment.train.early_stopping->min_delta;
  outcome_.reason =
      fmt::format("stopped early after {} evaluation{} without improvement of '{}'{}", waited, waited == 1 ? "" : "s",
                  plan_.monitor.metric, beyond > 0 ? fmt::format(" beyond {}", beyond) : "");
  return true;
}

double Trainer::epoch() const {
  return static_cast<double>(batches_after_) / static_cast<double>(setup_.steps.batches().batches_per_epoch());
}

// Whether a cadence of so many epochs falls on this step: the first step at or after each multiple, and the last.
bool Trainer::due(int64_t step, double every_epochs) const {
  if (step == plan_.total_steps) {
    return true;
  }
  const double after = epoch();
  const double before = after - static_cast<double>(plan_.batches_per_step) /
                                    static_cast<double>(setup_.steps.batches().batches_per_epoch());
  constexpr double rounding = 1e-9;
  return std::floor(after / every_epochs + rounding) > std::floor(before / every_epochs + rounding);
}

// Where the others are lost in the middle of a step, some of its updates may have been made of what never arrived.
const execute::StepResults& Trainer::wait_for_step() {
  try {
    return setup_.steps.session().wait();
  } catch (const std::exception&) {
    failed_ = failed_ || options_.ranks != nullptr;
    throw;
  }
}

// The step is done: what it logged goes into the log, and what is due now happens before the next step starts.
void Trainer::finish_step(int64_t step) {
  const execute::StepResults& results = wait_for_step();
  setup_.steps.batches().step_done();
  check_updates();
  if (!results.finite) {
    fail_non_finite(step);
    return;
  }
  done_ = step;
  if (step == profiled_step_) {
    take_profile(step);
  }
  updates_after_ = recorded_updates_;
  batches_after_ = recorded_batches_;
  samples_seen_ += recorded_samples_;
  const experiment::Experiment& experiment = setup_.experiment;
  const double seconds = wall_seconds();
  const DoneStep done{step, epoch(), seconds, recorded_samples_, seconds - seconds_before_ - idle_seconds_};
  step_log_.write(done, updates_after_, results);
  if (stretch_.look && step == options_.last_step) {
    look_at_step(setup_, done, updates_after_, results, stretch_.look);
  }
  report(step, results);

  const auto pause = Clock::now();
  bool paused = finish_due(step, Due::evaluation);
  const std::chrono::duration<double> since_checkpoint = Clock::now() - last_checkpoint_;
  if (since_checkpoint.count() > experiment.checkpoint.every) {
    write_checkpoint(step);
    paused = true;
  }
  writer_.flush_if_due();
  if (paused) {
    idle_seconds_ += std::chrono::duration<double>(Clock::now() - pause).count();
  }
  const bool is_asked = agreement_ ? agreement_->take() : stops();
  if (is_asked && step < plan_.total_steps && !stopping_) {
    be_interrupted();
  }
  setup_.steps.batches().check();  // the batch of the next step, which was assembled meanwhile
}

// What is due after a step, from `first` on; true where anything was.
bool Trainer::finish_due(int64_t step, Due first) {
  bool evaluates = !stretch_.steps_only && first == Due::evaluation && due(step, setup_.experiment.evaluate.every);
  if (evaluates) {
    const bool has_row = writer_.has_row("eval", step);
    evaluates = !(options_.ranks == nullptr ? has_row : options_.ranks->shared_value(has_row));
  }
  const bool samples =
      !stretch_.steps_only && first != Due::nothing && plan_.samples && due(step, setup_.experiment.sample.every);
  if (evaluates) {
    due_ = Due::evaluation;
    evaluate_now(step);
  }
  if (samples) {
    due_ = Due::samples;
    sample_now(step);
  }
  due_ = Due::nothing;
  return keep_checkpoint(step) || evaluates || samples;
}

void Trainer::report(int64_t step, const execute::StepResults& results) {
  Progress progress;
  progress.step = step;
  progress.total_steps = plan_.total_steps;
  progress.epoch = epoch();
  for (const execute::StepResult& result : results.entries) {
    if (result.kind == record::OutputKind::logged) {
      const std::string& name = setup_.steps.session().names()[static_cast<size_t>(result.index)];
      if (std::ranges::count(plan_.losses, name) > 0) {
        progress.losses.emplace_back(name, result.value);
      }
    }
  }
  const double seconds = std::chrono::duration<double>(Clock::now() - started_).count();
  progress.samples_per_second = static_cast<double>(samples_seen_) / std::max(seconds - idle_seconds_, 1e-9);
  const double per_step =
      static_cast<double>(samples_seen_) / std::max<double>(static_cast<double>(recorded_samples_), 1);
  progress.seconds_left = seconds / std::max(per_step, 1.0) * static_cast<double>(plan_.total_steps - step);
  observer_.progress(progress);
}

// ---- What happens between steps

void Trainer::evaluate_now(int64_t step) {
  const experiment::Experiment& experiment = setup_.experiment;
  const data::Subset& subset = setup_.data.evaluated_subset();
  measured_all_ = step == plan_.total_steps && !setup_.data.evaluates_test_apart();
  const auto begin = Clock::now();
  const inference::SplitMetrics found_now =
      evaluate(subset, measured_all_ ? inference::MetricsDue::all : inference::MetricsDue::every_evaluation);
  const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  outcome_.metrics = found_now.values;
  evaluation_log_.write_evaluation({step, epoch(), wall_seconds()}, found_now,
                                   static_cast<double>(subset.count) / seconds);
  const bool better = improvement_.take(outcome_.metrics.at(experiment.evaluate.metric));
  if (better) {
    writer_.write_best(step, outcome_.metrics.at(experiment.evaluate.metric),
                       inference::averaged_weights_of(setup_.built.bank()));
  }
  observer_.evaluated(step, epoch(), outcome_.metrics, better);
  stopping_ = stopped_early();
}

// By all ranks together, which are told the same: what is decided by it is decided alike.
inference::SplitMetrics Trainer::evaluate(const data::Subset& subset, inference::MetricsDue due) {
  return setup_.evaluator.evaluate(
      subset, setup_.experiment.evaluate.batch_size, due, [this](const auto&... part) { part_done(part...); },
      options_.ranks);
}

void Trainer::sample_now(int64_t step) {
  const experiment::Sample& sample = setup_.experiment.sample;
  const inference::Samples samples =
      setup_.sampler.sample(sample.count, static_cast<uint64_t>(sample.seed),
                            {[this](const auto&... part) { part_done("sample", part...); }, options_.ranks});
  write_samples(writer_, *plan_.samples, step, samples);
}

void Trainer::finish() {
  if (failed_) {
    return;
  }
  const auto begin = Clock::now();
  write_end();
  if (options_.ranks != nullptr) {
    options_.ranks->wait_for_first();
  }
  idle_seconds_ += std::chrono::duration<double>(Clock::now() - begin).count();
}

void Trainer::write_end() {
  write_checkpoint(done_);
  if (outcome_.status == runlog::Status::finished) {
    const bool apart = setup_.data.evaluates_test_apart();
    if (apart || outcome_.metrics.empty() ||  // all steps were done before this part of the run began
        (setup_.evaluator.has_metrics_at_end() && !measured_all_)) {
      const inference::SplitMetrics last =
          evaluate(apart ? setup_.data.subsets().test : setup_.data.evaluated_subset(), inference::MetricsDue::all);
      if (apart) {
        evaluation_log_.write_test({done_, epoch(), wall_seconds()}, last);
      } else {
        evaluation_log_.write_arrays(done_, last);
      }
      outcome_.metrics = last.values;
    }
    std::map<std::string, double> summary;
    const std::vector<double> values = evaluation_log_.row_of({outcome_.metrics, {}});
    for (size_t i = 0; i < values.size(); ++i) {
      summary[plan_.evaluation_names[i]] = values[i];
    }
    summary["steps"] = static_cast<double>(done_);
    writer_.write_final(done_, inference::averaged_weights_of(setup_.built.bank()), summary);
  }
  writer_.set_status(outcome_.status, outcome_.reason);
  writer_.close();
}

}  // namespace atelier::training
