// Running experiments: from a checked experiment and the plugins to a log, and from a log to more training.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/ranks.hpp"
#include "base/stop_request.hpp"
#include "experiment/experiment.hpp"
#include "inference/environment.hpp"
#include "plugin/registry.hpp"
#include "runlog/description.hpp"
#include "runlog/reader.hpp"
#include "training/profile.hpp"

namespace atelier::training {

struct RunOptions : inference::Environment {
  std::filesystem::path log_directory{};  // of a new log; where runs are found, if it is empty
  StopRequest* stop =
      nullptr;           // told where work begins that would be lost; stops after the current step, with a checkpoint
  bool profile = false;  // look at one step closely
  int64_t last_step = std::numeric_limits<int64_t>::max();  // stops after it as if it were asked to
  Ranks* ranks = nullptr;    // the processes that train together, each with its options; null for this one alone
  bool stops_there = false;  // as it was meant to: its log then says that it was stopped, and not interrupted
};

// Told a value of a step and its name, which is the log's where a log may have it.
using Look = std::function<void(const std::string& name, const tensor::Tensor& value)>;

// A part of a run that is made again.
struct Stretch {
  const runlog::Checkpoint* from = nullptr;  // of the run, borrowed; null: from its first step
  bool steps_only = false;                   // neither evaluations nor samples
  Look look{};                               // at all that there is to see of the last step; may be empty
};

struct Progress {
  int64_t step = 0, total_steps = 0;
  double epoch = 0;
  std::vector<std::pair<std::string_view, double>>
      losses;  // each that is minimized and logged, or else the first logged
  double samples_per_second = 0;
  double seconds_left = 0;
};

// Told what happens, on the thread that runs. Nothing else is printed by anything below host/cli.
class Observer {
 public:
  Observer() = default;
  Observer(const Observer&) = delete;
  Observer& operator=(const Observer&) = delete;
  virtual ~Observer() = default;
  virtual void started(const std::filesystem::path& log, int64_t first_step) = 0;
  // Before that: the metric of evaluations that says which of them is the best.
  virtual void judged_by(const std::string& /*metric*/, catalog::Direction /*direction*/) {}
  virtual void progress(const Progress& progress) = 0;  // after every step; cheap, or it slows training
  virtual void evaluated(int64_t step, double epoch, const std::map<std::string, double>& metrics, bool best) = 0;
  virtual void message(std::string_view text) = 0;  // a warning, one line
  // Within an evaluation: so much of `what` ("metric.nll", "test", "samples") is done.
  virtual void evaluating(std::string_view /*what*/, int64_t /*done*/, int64_t /*total*/) {}
};

struct RunOutcome {
  std::filesystem::path log;
  runlog::Status status = runlog::Status::finished;
  std::string reason;          // why it ended before its last step
  bool lacked_memory = false;  // and failed for that
  int64_t steps = 0;
  double training_seconds = 0;            // without evaluation and sampling
  double samples_per_second = 0;          // while training
  std::map<std::string, double> metrics;  // of the last evaluation
  std::optional<StepProfile> profile;     // where it was asked for, and its step was done
};

// Trains an experiment into a new log. Throws Error for what is found before training begins (and leaves no log then);
// what happens later ends in the log and in the outcome.
RunOutcome run(const experiment::Experiment& experiment, const plugin::Registry& registry, const RunOptions& options,
               Observer& observer);

// Whether this says that there was not enough memory: an Error of that kind, or the system's refusal itself.
bool is_lack_of_memory(const std::exception& error);

// Goes on where a run stopped, in the same log. Throws Error(file) for a log that is not resumable.
RunOutcome resume(const std::filesystem::path& log, const plugin::Registry& registry, const RunOptions& options,
                  Observer& observer);

// Runs the experiment of a log again, from the log alone, up to options.last_step and into a new log. Before it trains,
// it tells the observer what it is made from that the run was not, and whether it computes otherwise. Throws as run()
// does.
RunOutcome run_again(const runlog::Reader& log, const Stretch& stretch, const plugin::Registry& registry,
                     const RunOptions& options, Observer& observer);

}  // namespace atelier::training
