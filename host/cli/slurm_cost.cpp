#include "cli/slurm_cost.hpp"

#include <fmt/core.h>

#include <chrono>
#include <cmath>
#include <fstream>
#include <limits>
#include <map>

#include "base/error.hpp"
#include "base/printable.hpp"
#include "cli/run_options.hpp"
#include "cli/scratch_run.hpp"
#include "cli/sweep.hpp"
#include "cli/terminal.hpp"
#include "training/run.hpp"
#include "training/summary.hpp"

namespace atelier::cli {
namespace {

using Clock = std::chrono::steady_clock;

// The first steps make plans and fill caches.
class StepTimer : public training::Observer {
 public:
  explicit StepTimer(StopRequest& stop) : stop_(stop) {}

  void started(const std::filesystem::path& /*log*/, int64_t /*first_step*/) override {}
  void evaluated(int64_t /*step*/, double /*epoch*/, const std::map<std::string, double>& /*metrics*/,
                 bool /*best*/) override {}
  void message(std::string_view /*text*/) override {}
  void progress(const training::Progress& progress) override {
    constexpr int64_t first_steps = 3, most_steps = 1000;
    constexpr std::chrono::milliseconds enough{700};
    const Clock::time_point now = Clock::now();
    if (progress.step <= first_steps) {
      begin_ = now;
      return;
    }
    steps_ = progress.step - first_steps;
    seconds_ = std::chrono::duration<double>(now - begin_).count();
    if (now - begin_ > enough || steps_ >= most_steps) {
      stop_.asked = true;
    }
  }

  [[nodiscard]] double seconds_a_step() const {
    return steps_ > 0 ? seconds_ / static_cast<double>(steps_) : std::numeric_limits<double>::quiet_NaN();
  }

 private:
  StopRequest& stop_;
  Clock::time_point begin_{};
  int64_t steps_ = 0;
  double seconds_ = 0;
};

int64_t most_memory_so_far() {
  std::ifstream status("/proc/self/status");
  constexpr std::string_view name = "VmHWM:";
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(name)) {
      return std::stoll(line.substr(name.size())) * 1024;
    }
  }
  return 0;
}

struct Measured {
  double seconds_a_step = std::numeric_limits<double>::quiet_NaN();
  int64_t steps = 0;
  std::string problem;
};

Measured measured(const experiment::Experiment& experiment, const plugin::Registry& registry,
                  const inference::Environment& environment) {
  const training::ModelSummary summary = training::summarize(experiment, registry, environment);
  const ScratchFolder folder;
  StopRequest stop;
  training::RunOptions options{environment};
  options.inform = {};
  options.log_directory = folder.path();
  options.stop = &stop;
  StepTimer timer(stop);
  const training::RunOutcome outcome = training::run(experiment, registry, options, timer);
  const bool failed = outcome.status == runlog::Status::failed;
  return {failed ? std::numeric_limits<double>::quiet_NaN() : timer.seconds_a_step(), summary.total_steps,
          failed ? outcome.reason : ""};
}

}  // namespace

SweepCost measure_cost(const Arguments& arguments, const plugin::Registry& registry, const experiment::Sweep& sweep,
                       int threads) {
  const std::string& file = arguments.words.front();
  inference::Environment environment = environment_of(arguments, file);
  environment.threads = threads;
  std::map<std::string, Measured> known;
  SweepCost cost;
  for (size_t i = 0; i < sweep.points.size(); ++i) {
    const auto experiment = experiment::load_point(file, sweep.points[i].overrides, registry.descriptions());
    const auto [found, is_new] = known.try_emplace(settings_but_for_seeds(experiment));
    if (is_new) {
      print_message(
          fmt::format("trains point {} of {} for a moment, to see what it costs", i + 1, sweep.points.size()));
      found->second = measured(experiment, registry, environment);
    }
    const Measured& point = found->second;
    if (!point.problem.empty() && is_new) {
      cost.problems.push_back(fmt::format("{}: {}", printable(sweep.points[i].label), printable(point.problem)));
    }
    cost.longest_step = std::max(cost.longest_step, std::isnan(point.seconds_a_step) ? 0 : point.seconds_a_step);
    cost.seconds.push_back(point.seconds_a_step * static_cast<double>(point.steps));
  }
  cost.bytes = most_memory_so_far();
  return cost;
}

}  // namespace atelier::cli
