// The training loop of one run: steps, logging, evaluation, samples, checkpoints, and what happens when something goes
// wrong.
#pragma once

#include <chrono>
#include <optional>

#include "base/ranks.hpp"
#include "runlog/reader.hpp"
#include "runlog/writer.hpp"
#include "training/evaluation_log.hpp"
#include "training/improvement.hpp"
#include "training/step_log.hpp"

namespace atelier::training {

class Trainer {
 public:
  Trainer(Setup& setup, const LogPlan& plan, runlog::Writer writer, std::filesystem::path log,
          const RunOptions& options, Observer& observer, const Stretch& stretch);
  Trainer(const Trainer&) = delete;  // its logs refer to its other members
  Trainer& operator=(const Trainer&) = delete;

  void begin();                                           // of a new run: the checkpoint of step 0
  void begin_from(const runlog::Checkpoint& checkpoint);  // of a stretch of one: that checkpoint
  // Of a resumed one, whose earlier parts took so long.
  void restore(const runlog::Checkpoint& checkpoint, double seconds_before);
  RunOutcome run();

 private:
  using Clock = std::chrono::steady_clock;

  enum class Due { nothing, evaluation, samples };  // what comes first of what is left to be done after step done_

  void train();
  bool finish_due(int64_t step, Due first);
  bool record(int64_t step);
  void finish_running_step();
  void be_interrupted();
  [[nodiscard]] bool stopped_early();
  void check_updates();
  void salvage();
  void end_log();
  void part_done(const std::string& table, int64_t done, int64_t total);  // throws to end it where the run is to stop
  void finish_step(int64_t step);
  [[nodiscard]] record::Observation observation_of(int64_t step) const;
  const execute::StepResults& wait_for_step();
  void report(int64_t step, const execute::StepResults& results);
  [[nodiscard]] inference::SplitMetrics evaluate(const data::Subset& subset, inference::MetricsDue due);
  void evaluate_now(int64_t step);
  void sample_now(int64_t step);
  void finish();
  void write_end();
  void fail_non_finite(int64_t step);
  void begin_profile();
  void take_profile(int64_t step);
  [[nodiscard]] runlog::CheckpointView checkpoint_of(int64_t step);
  void write_checkpoint(int64_t step);
  bool keep_checkpoint(int64_t step);
  [[nodiscard]] bool due(int64_t step, double every_epochs) const;
  [[nodiscard]] double epoch() const;  // passes over the training data in the steps done
  [[nodiscard]] double wall_seconds() const;
  [[nodiscard]] bool stops() const { return options_.stop != nullptr && options_.stop->asked; }

  Setup& setup_;
  LogPlan plan_;
  runlog::Writer writer_;
  std::filesystem::path log_;
  RunOptions options_;
  Observer& observer_;
  const Stretch& stretch_;
  StepLog step_log_;
  EvaluationLog evaluation_log_;
  Improvement improvement_;
  RunOutcome outcome_;
  std::optional<Agreement> agreement_,
      evaluation_agreement_;  // of the ranks, to stop: after a step, and within an evaluation

  int64_t done_ = 0;                    // steps whose updates are made
  int64_t in_flight_ = 0;               // the step that runs; 0 where none does
  std::vector<int64_t> updates_after_;  // of each group, after step done_
  int64_t batches_after_ = 0;
  std::vector<int64_t> recorded_updates_;
  int64_t recorded_batches_ = 0;
  int64_t recorded_samples_ = 0;
  bool stopping_ = false;
  bool records_ahead_ = true;
  Due due_ = Due::nothing;
  bool failed_ = false;
  bool measured_all_ = false;  // by the newest evaluation, metrics of the end included
  int64_t profiled_step_ = 0;  // 0: none
  double sgemm_peak_ = 0;
  execute::Profile profile_;

  Clock::time_point started_ = Clock::now();
  Clock::time_point last_checkpoint_ = Clock::now();
  double seconds_before_ = 0;  // of earlier parts of a resumed run
  double idle_seconds_ = 0;    // spent in evaluation, sampling and checkpoints
  int64_t samples_seen_ = 0;   // in this part
};

}  // namespace atelier::training
