#include "compare/run_summary.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <optional>
#include <system_error>

#include "base/error.hpp"
#include "experiment/experiment.hpp"
#include "runlog/locks.hpp"

namespace atelier::compare {
namespace {

std::string setting_of(const RunSummary& run, const std::string& key) {
  const auto found = run.settings.find(key);
  return found == run.settings.end() ? "" : terminal::unquoted(found->second);
}

// Logs from before splits were written say in the experiment whether there was one for validation.
std::string split_of(const RunSummary& run, const runlog::FinalValue& value) {
  if (!value.split.empty() || value.cadence != "eval") {
    return value.split.empty() ? value.cadence : value.split;
  }
  const std::string validation = setting_of(run, "dataset.validation");
  return validation.find_first_not_of("0.") == std::string::npos ? "test" : "validation";
}

// Logs from before directions were written say in the experiment which way the metric goes that chooses the best
// weights.
catalog::Direction better_of(const RunSummary& run, const runlog::FinalValue& value) {
  const catalog::Direction said = catalog::direction_from(value.better);
  if (said != catalog::Direction::unknown || value.name != setting_of(run, "evaluate.metric")) {
    return said;
  }
  const std::string goal = setting_of(run, "evaluate.goal");
  return goal == "max"   ? catalog::Direction::larger
         : goal == "min" ? catalog::Direction::smaller
                         : catalog::Direction::unknown;
}

Final final_of(const RunSummary& run, const runlog::FinalValue& value) {
  Final out{value};
  out.split = split_of(run, value);
  if (Final::is_of_evaluation(value.cadence)) {
    out.direction = better_of(run, value);
  }
  return out;
}

Best best_of(const RunSummary& run) {
  Best best;
  const std::string metric = setting_of(run, "evaluate.metric");
  const auto found =
      std::ranges::find_if(run.finals, [&](const Final& one) { return one.cadence == "eval" && one.name == metric; });
  if (found == run.finals.end()) {
    return best;
  }
  best.metric = found->full_name();
  best.better = found->direction;
  if (has_better(best.better) && !std::isnan(found->last)) {
    const bool larger = best.better == catalog::Direction::larger;
    best.value = larger ? found->largest : found->smallest;
    best.step = larger ? found->largest_step : found->smallest_step;
  }
  return best;
}

State state_of(runlog::Status status, const std::optional<runlog::Holder>& holder) {
  switch (status) {
    case runlog::Status::running:
      return holder ? State::running : State::killed;
    case runlog::Status::finished:
      return State::finished;
    case runlog::Status::failed:
      return State::failed;
    case runlog::Status::interrupted:
      return State::interrupted;
    case runlog::Status::stopped:
      return State::stopped;
  }
  return State::broken;
}

int64_t bytes_of(const std::filesystem::path& log) {
  std::error_code error;
  const auto bytes = std::filesystem::file_size(log, error);
  return error ? 0 : static_cast<int64_t>(bytes);
}

void take(RunSummary& run, const runlog::Heading& log) {
  run.run_id = log.run_id;
  run.name = log.name;
  run.created_utc = log.created_utc;
  run.seed = log.seed;
  run.tags = log.tags;
  run.notes = log.notes;
  run.settings = experiment::flatten(log.resolved, log.path.string() + " (resolved experiment)");
  for (const runlog::FinalValue& value : log.metrics) {
    run.finals.push_back(final_of(run, value));
  }
  run.best = best_of(run);
  run.steps = log.steps;
  run.seconds = log.seconds;
  run.samples_per_second = log.samples_per_second;
  run.problem = log.exit_reason;
  const auto holder = log.status == runlog::Status::running ? runlog::holder_of(log.path) : std::nullopt;
  run.state = state_of(log.status, holder);
  run.host = holder && holder->elsewhere ? holder->host : "";
}

RunSummary broken(const std::filesystem::path& log, const std::string& problem) {
  RunSummary run;
  run.path = log;
  run.problem = problem;
  run.bytes = bytes_of(log);
  return run;
}

}  // namespace

const std::vector<std::string>& names_of_states() {
  static const std::vector<std::string> names{"running", "finished", "failed", "interrupted",
                                              "stopped", "killed",   "broken"};
  return names;
}

std::string to_string(State state) {
  return names_of_states().at(static_cast<size_t>(state));
}

terminal::Emphasis emphasis_of(State state) {
  switch (state) {
    case State::running:
      return terminal::Emphasis::strong;
    case State::finished:
      return terminal::Emphasis::good;
    case State::stopped:
      return terminal::Emphasis::none;
    case State::interrupted:
    case State::killed:
      return terminal::Emphasis::warning;
    case State::failed:
    case State::broken:
      return terminal::Emphasis::bad;
  }
  return terminal::Emphasis::none;
}

std::string Final::full_name_of(const std::string& cadence, const std::string& split, const std::string& name) {
  return (is_of_evaluation(cadence) ? split : cadence) + "/" + name;
}

RunSummary summary_of(const runlog::Heading& log) {
  if (!log.problem.empty()) {
    return broken(log.path, log.problem);
  }
  RunSummary run;
  run.path = log.path;
  run.bytes = bytes_of(log.path);
  try {
    take(run, log);
  } catch (const Error& error) {
    return broken(log.path, error.what());
  }
  return run;
}

std::vector<RunSummary> summaries_of(const std::vector<runlog::Heading>& logs) {
  std::vector<RunSummary> runs;
  std::ranges::transform(logs, std::back_inserter(runs), summary_of);
  return runs;
}

}  // namespace atelier::compare
