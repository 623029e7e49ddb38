#include "training/trainer.hpp"

#include <algorithm>
#include <cmath>

#include "base/error.hpp"

namespace atelier::training {

Trainer::Trainer(Workbench& bench, const LogPlan& plan, runlog::Writer writer, std::filesystem::path log,
                 const RunOptions& options, Observer& observer)
    : bench_(bench),
      plan_(plan),
      writer_(std::move(writer)),
      log_(std::move(log)),
      options_(options),
      observer_(observer) {
  bench_.set_total_steps(plan_.total_steps, plan_.updates_per_step);
  records_ahead_ = !plan_.reads_in_step;
  updates_after_.assign(bench_.model().bank().groups.size(), 0);
  outcome_.log = log_;
}

void Trainer::begin() {
  bench_.batches().seek(0);
  write_checkpoint(0);
}

void Trainer::restore(const runlog::Checkpoint& checkpoint, double seconds_before) {
  seconds_before_ = seconds_before;
  bench_.load(checkpoint.weights);
  bench_.load_slots(checkpoint.optimizer);
  const auto& counters = checkpoint.trainer.counters;
  done_ = checkpoint.step;
  batches_after_ = counters.at("batches");
  without_improvement_ = counters.at("evaluations_without_improvement");
  has_best_ = counters.at("has_best") != 0;
  best_ = checkpoint.trainer.numbers.at("best");
  const std::vector<std::string> names = bench_.model().group_names();
  for (size_t g = 0; g < names.size(); ++g) {
    updates_after_[g] = counters.at("updates." + names[g]);
  }
  bench_.model().updates() = updates_after_;
  bench_.batches().seek(batches_after_);
}

double Trainer::wall_seconds() const {
  return seconds_before_ + std::chrono::duration<double>(Clock::now() - started_).count();
}

// Which step is looked at closely: one like most others.
void Trainer::begin_profile() {
  const TrainingBatches& batches = bench_.batches();
  const int64_t ragged = bench_.subsets().train.count % bench_.experiment().train.batch_size == 0 ? 0 : 1;
  profiled_step_ = step_to_profile(plan_.total_steps, [&](int64_t step) {
    const int64_t first = (step - 1) * plan_.batches_per_step % batches.batches_per_epoch();
    return observation_of(step) == graph::Observation() &&
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
  observer_.started(log_, done_ + 1);
  try {
    train();
    finish();
  } catch (const std::exception& error) {
    outcome_.status = runlog::Status::failed;
    outcome_.reason = error.what();
    try {
      salvage();
    } catch (const std::exception& further) {
      outcome_.reason += fmt::format("; then: {}", further.what());
    }
    try {
      writer_.set_status(outcome_.status, outcome_.reason);
      writer_.close();
    } catch (const std::exception&) {  // the log itself is what failed; it stays as its last flush left it
    }
  }
  outcome_.steps = done_;
  if (outcome_.profile) {
    outcome_.profile->peak_arena_bytes = static_cast<int64_t>(bench_.arena().size());
  }
  outcome_.training_seconds = wall_seconds() - seconds_before_ - idle_seconds_;
  outcome_.samples_per_second = static_cast<double>(samples_seen_) / std::max(outcome_.training_seconds, 1e-9);
  return outcome_;
}

// ---- The loop. While step s runs, step s + 1 is recorded and its batch assembled.

void Trainer::train() {
  graph::Session& session = bench_.training();
  for (int64_t step = done_ + 1; step <= plan_.total_steps && !stopping_ && !stopped_early(); ++step) {
    session.set_profile(step == profiled_step_ ? &profile_ : nullptr);
    if (!record(step)) {
      return;
    }
    const std::vector<int64_t> updates = bench_.model().updates();
    const int64_t batches = bench_.batches().consumed();
    const int64_t samples = bench_.batches().step_samples();
    finish_running_step();
    if (stopping_) {
      return;
    }
    recorded_updates_ = updates;
    recorded_batches_ = batches;
    recorded_samples_ = samples;
    session.start(bench_.batches().prefetch());
    in_flight_ = step;
    if (const std::string warning = session.take_warning(); !warning.empty()) {
      observer_.message(warning);
    }
  }
  finish_running_step();
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
  const std::vector<int64_t> updates = bench_.model().updates();
  const int64_t batch = bench_.batches().consumed();
  try {
    bench_.record_step(step, plan_.total_steps, observation_of(step));
  } catch (const Error&) {
    if (!bench_.training().take_refused_read()) {
      throw;
    }
    records_ahead_ = false;
    finish_running_step();
    bench_.model().updates() = updates;
    bench_.batches().seek(batch);
    return !stopping_ && record(step);
  }
  return true;
}

void Trainer::finish_running_step() {
  if (in_flight_ != 0) {
    finish_step(std::exchange(in_flight_, 0));
  }
}

bool Trainer::stopped_early() {
  const experiment::Experiment& experiment = bench_.experiment();
  if (!experiment.train.early_stopping || without_improvement_ < experiment.train.early_stopping->patience) {
    return false;
  }
  outcome_.reason = fmt::format("stopped early at step {}: no improvement of '{}' in {} evaluations", done_,
                                experiment.evaluate.metric, without_improvement_);
  return true;
}

// Something failed between two steps: the step that still runs counts, and its state is kept.
void Trainer::salvage() {
  finish_running_step();
  if (!failed_ &&
      complete_) {  // an evaluation that failed is made again when the run goes on from an earlier checkpoint
    write_checkpoint(done_);
  }
}

graph::Observation Trainer::observation_of(int64_t step) const {
  const experiment::Log& log = bench_.experiment().log;
  const auto at = [&](int64_t every) { return every > 0 && step % every == 0; };
  graph::Observation out;
  out.group_norms = at(log.every) || step == 1;
  out.parameter_norms = at(log.gradient_norms);
  out.gradients = at(log.gradients);
  out.annotations = !log.activations.empty() && at(log.activations_every);
  return out;
}

double Trainer::epoch() const {
  return static_cast<double>(batches_after_) / static_cast<double>(bench_.batches().batches_per_epoch());
}

// Whether a cadence of so many epochs falls on this step: the first step at or after each multiple, and the last.
bool Trainer::due(int64_t step, double every_epochs) const {
  if (step == plan_.total_steps) {
    return true;
  }
  const double after = epoch();
  const double before =
      after - static_cast<double>(plan_.batches_per_step) / static_cast<double>(bench_.batches().batches_per_epoch());
  constexpr double rounding = 1e-9;
  return std::floor(after / every_epochs + rounding) > std::floor(before / every_epochs + rounding);
}

// The step is done: what it logged goes into the log, and what is due now happens before the next step starts.
void Trainer::finish_step(int64_t step) {
  const graph::StepResults& results = bench_.training().wait();
  bench_.batches().step_done();
  check_updates();
  for (const graph::StepResult& result : results.entries) {
    if (result.kind == graph::OutputKind::finite && result.value == 0) {
      fail_non_finite(step);
      return;
    }
  }
  done_ = step;
  if (step == profiled_step_) {
    take_profile(step);
  }
  updates_after_ = recorded_updates_;
  batches_after_ = recorded_batches_;
  samples_seen_ += recorded_samples_;
  row_samples_ += recorded_samples_;
  const experiment::Experiment& experiment = bench_.experiment();
  if (step % experiment.log.every == 0 || step == 1 || step == plan_.total_steps) {
    log_train_row(step, results);
  }
  log_parameter_norms(step, results);
  log_tensors(step, results);
  if (experiment.log.weights > 0 && step % experiment.log.weights == 0) {
    log_weights(step);
  }
  report(step, results);

  const auto pause = Clock::now();
  bool paused = false;
  complete_ = false;
  if (due(step, experiment.evaluate.every)) {
    evaluate_now(step);
    paused = true;
  }
  if (bench_.samples_images() && due(step, experiment.sample.every)) {
    sample_now(step);
    paused = true;
  }
  complete_ = true;
  const std::chrono::duration<double> since_checkpoint = Clock::now() - last_checkpoint_;
  if (since_checkpoint.count() > experiment.checkpoint.every) {
    write_checkpoint(step);
    paused = true;
  }
  writer_.flush_if_due();
  if (paused) {
    idle_seconds_ += std::chrono::duration<double>(Clock::now() - pause).count();
  }
  if (stops() && step < plan_.total_steps && !stopping_) {
    stopping_ = true;
    outcome_.status = runlog::Status::interrupted;
    outcome_.reason = fmt::format("interrupted after step {}", step);
  }
  bench_.batches().check();  // the batch of the next step, which was assembled meanwhile
}

// An update that failed leaves weights that belong to no step: nothing of them is kept.
void Trainer::check_updates() {
  try {
    bench_.model().check_updates();
  } catch (...) {
    failed_ = true;
    throw;
  }
}

double Trainer::learning_rate_of(size_t group) const {
  return updates_after_[group] == 0 ? 0 : bench_.model().learning_rate(group, updates_after_[group]);
}

void Trainer::log_train_row(int64_t step, const graph::StepResults& results) {
  std::vector<double> row(plan_.train_columns.size(), std::nan(""));
  const size_t first_norm = plan_.train_names.size();
  const size_t groups = updates_after_.size();
  for (const graph::StepResult& result : results.entries) {
    if (result.kind == graph::OutputKind::logged) {
      const std::string& name = bench_.training().names()[static_cast<size_t>(result.index)];
      const auto column = std::ranges::find(plan_.train_names, name);
      if (column != plan_.train_names.end()) {
        row[static_cast<size_t>(column - plan_.train_names.begin())] = result.value;
      } else if (undeclared_.insert(name).second) {
        observer_.message(
            fmt::format("'{}' is first logged at step {}, and not in the first step; it is left out", name, step));
      }
    } else if (result.kind == graph::OutputKind::group_norm) {
      row[first_norm + static_cast<size_t>(result.index)] = result.value;
    }
  }
  for (size_t g = 0; g < groups; ++g) {
    row[first_norm + groups + g] = learning_rate_of(g);
  }
  const double training_seconds = wall_seconds() - idle_seconds_;
  const double speed = static_cast<double>(row_samples_) / std::max(training_seconds - row_seconds_, 1e-9);
  row_seconds_ = training_seconds;
  row_samples_ = 0;
  writer_.append("train", step, epoch(), row, wall_seconds(), speed);
}

void Trainer::log_parameter_norms(int64_t step, const graph::StepResults& results) {
  const int64_t every = bench_.experiment().log.gradient_norms;
  if (every == 0 || step % every != 0) {
    return;
  }
  std::vector<double> row(plan_.parameter_columns.size(), std::nan(""));
  for (const graph::StepResult& result : results.entries) {
    if (result.kind == graph::OutputKind::parameter_norm) {
      const std::string& name = bench_.model().bank().parameters[static_cast<size_t>(result.index)]->name;
      const auto column = std::ranges::find(plan_.parameter_columns, name);
      row[static_cast<size_t>(column - plan_.parameter_columns.begin())] = result.value;
    }
  }
  writer_.append("gradient_norms", step, epoch(), row, wall_seconds(), 0);
}

void Trainer::log_tensors(int64_t step, const graph::StepResults& results) {
  std::set<std::string> written;  // a layer that is used twice shows its first use
  for (const graph::StepResult& result : results.entries) {
    const bool gradient = result.kind == graph::OutputKind::gradient;
    if (!gradient && result.kind != graph::OutputKind::annotation) {
      continue;
    }
    const auto index = static_cast<size_t>(result.index);
    const std::string name = gradient ? "gradients." + bench_.model().bank().parameters[index]->name
                                      : "activations." + bench_.training().names()[index];
    const auto series = std::ranges::find(plan_.tensors, name, &runlog::TensorSeries::name);
    if (series == plan_.tensors.end() || !(series->shape == result.tensor->shape) || !written.insert(name).second) {
      continue;  // not asked for, or from the smaller last batch of an epoch
    }
    writer_.append_tensor(
        name, step, {result.tensor->storage.as<const float>(), static_cast<size_t>(result.tensor->shape.elements())});
  }
}

void Trainer::log_weights(int64_t step) {
  for (const runlog::ArrayView& parameter : bench_.weights().parameters) {
    writer_.append_tensor("weights." + std::string(parameter.name), step, parameter.values);
  }
}

void Trainer::report(int64_t step, const graph::StepResults& results) {
  Progress progress;
  progress.step = step;
  progress.total_steps = plan_.total_steps;
  progress.epoch = epoch();
  const auto first = std::ranges::find(results.entries, graph::OutputKind::logged, &graph::StepResult::kind);
  if (first != results.entries.end()) {
    progress.loss_name = bench_.training().names()[static_cast<size_t>(first->index)];
    progress.loss = first->value;
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
  const experiment::Experiment& experiment = bench_.experiment();
  const Subset& subset = bench_.evaluated_subset();
  measured_all_ = step == plan_.total_steps && !bench_.evaluates_test_apart();
  const auto begin = Clock::now();
  const SplitMetrics found_now = bench_.evaluate(subset, experiment.evaluate.batch_size,
                                                 measured_all_ ? MetricsDue::all : MetricsDue::every_evaluation);
  const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  outcome_.metrics = found_now.values;
  log_arrays("metric.", step, found_now);
  std::vector<double> row;
  for (const std::string& name : plan_.evaluation_names) {
    const auto found = outcome_.metrics.find(name);
    row.push_back(found == outcome_.metrics.end() ? std::nan("") : found->second);
  }
  writer_.append("eval", step, epoch(), row, wall_seconds(), static_cast<double>(subset.count) / seconds);

  const double value = outcome_.metrics[experiment.evaluate.metric];
  const bool smaller_is_better = experiment.evaluate.goal == experiment::Goal::min;
  const double min_delta = experiment.train.early_stopping ? experiment.train.early_stopping->min_delta : 0;
  const double gain = smaller_is_better ? best_ - value : value - best_;
  const bool better = std::isfinite(value) && (!has_best_ || gain > 0);
  without_improvement_ = std::isfinite(value) && (!has_best_ || gain > min_delta) ? 0 : without_improvement_ + 1;
  if (better) {
    best_ = value;
    has_best_ = true;
    writer_.write_best(step, value, bench_.weights());
  }
  observer_.evaluated(step, epoch(), outcome_.metrics, better);
  stopping_ = stopped_early();
}

// Of the test split, once training is done.
void Trainer::log_test(const SplitMetrics& test) {
  std::vector<double> row;
  for (const std::string& name : plan_.evaluation_names) {
    row.push_back(test.values.count(name) == 0 ? std::nan("") : test.values.at(name));
  }
  writer_.append("test", done_, epoch(), row, wall_seconds(), 0);
  log_arrays("test.", done_, test);
}

void Trainer::log_arrays(const std::string& prefix, int64_t step, const SplitMetrics& metrics) {
  for (const plugin::MetricArray& array : metrics.arrays) {
    const std::vector<float> values(array.values.begin(), array.values.end());
    writer_.append_tensor(prefix + array.name, step, values);
  }
}

void Trainer::sample_now(int64_t step) {
  const experiment::Sample& sample = bench_.experiment().sample;
  const ImageStack images = bench_.sample(sample.count, static_cast<uint64_t>(sample.seed));
  writer_.append_samples("generated", step, images.pixels);
}

void Trainer::write_checkpoint(int64_t step) {
  runlog::CheckpointView view;
  view.step = step;
  view.weights = bench_.weights();
  view.optimizer = bench_.optimizer_slots();
  view.trainer.counters = {{"batches", batches_after_},
                           {"evaluations_without_improvement", without_improvement_},
                           {"has_best", has_best_ ? 1 : 0}};
  const std::vector<std::string> names = bench_.model().group_names();
  for (size_t g = 0; g < names.size(); ++g) {
    view.trainer.counters["updates." + names[g]] = updates_after_[g];
  }
  view.trainer.numbers = {{"best", has_best_ ? best_ : std::nan("")}};
  writer_.write_checkpoint(view);
  last_checkpoint_ = Clock::now();
}

void Trainer::finish() {
  if (failed_) {
    return;
  }
  const auto begin = Clock::now();
  write_checkpoint(done_);
  if (outcome_.status == runlog::Status::finished) {
    const bool apart = bench_.evaluates_test_apart();
    if (apart || outcome_.metrics.empty() ||  // all steps were done before this part of the run began
        (bench_.has_metrics_at_end() && !measured_all_)) {
      const SplitMetrics last = bench_.evaluate(apart ? bench_.subsets().test : bench_.evaluated_subset(),
                                                bench_.experiment().evaluate.batch_size, MetricsDue::all);
      if (apart) {
        log_test(last);
      }
      outcome_.metrics = last.values;
    }
    std::map<std::string, double> summary;
    for (const std::string& name : plan_.evaluation_names) {
      summary[name] = outcome_.metrics.count(name) == 0 ? std::nan("") : outcome_.metrics.at(name);
    }
    summary["steps"] = static_cast<double>(done_);
    writer_.write_final(done_, bench_.weights(), summary);
  }
  writer_.set_status(outcome_.status, outcome_.reason);
  writer_.close();
  idle_seconds_ += std::chrono::duration<double>(Clock::now() - begin).count();
}

// A loss is not finite. As a run can be repeated bit for bit, the state before the step is made again from the last
// checkpoint, and the step once more with every value looked at.
void Trainer::fail_non_finite(int64_t step) {
  failed_ = stopping_ = true;
  outcome_.status = runlog::Status::failed;
  observer_.message(
      fmt::format("the loss of step {} is not finite; replaying from the last checkpoint to find out why", step));
  writer_.flush();
  {
    const runlog::Reader reader(log_);
    const auto checkpoint = reader.newest_checkpoint();
    ATELIER_CHECK(checkpoint.has_value());
    restore(*checkpoint, seconds_before_);
  }
  graph::Session& session = bench_.training();
  while (done_ + 1 < step) {
    bench_.record_step(done_ + 1, plan_.total_steps, {});
    session.start();
    session.wait();
    bench_.batches().step_done();
    bench_.batches().check();
    ++done_;
    updates_after_ = bench_.model().updates();
    batches_after_ = bench_.batches().consumed();
  }
  write_checkpoint(done_);
  graph::Observation every;
  every.every_value = true;
  bench_.record_step(step, plan_.total_steps, every);
  const std::string culprit = session.find_non_finite();
  outcome_.reason =
      fmt::format("the loss is not finite at step {}; nothing was updated by it. First value that is not finite: {}",
                  step, culprit.empty() ? "none when replayed" : culprit);
  writer_.set_status(outcome_.status, outcome_.reason);
  writer_.close();
}

}  // namespace atelier::training
