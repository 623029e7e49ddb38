#include "cli/sweep.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/error.hpp"
#include "base/printable.hpp"
#include "cli/program.hpp"
#include "cli/run_options.hpp"
#include "cli/sweep_check.hpp"
#include "cli/sweep_display.hpp"
#include "cli/sweep_source.hpp"
#include "cli/terminal.hpp"

namespace atelier::cli {
namespace {

using ResultKind = PointResult::Kind;
using terminal::grouped;

supervision::Rules rules_for(const Arguments& arguments, const WatchOptions& watch, size_t jobs) {
  supervision::Rules rules = rules_for_one(arguments, watch);
  rules.jobs = jobs;
  rules.output = supervision::Output::captured;
  return rules;
}

std::unique_ptr<SweepView> view_for(const Arguments& arguments) {
  return arguments.has("json-lines") ? json_view() : messages_on_terminal() ? live_view() : plain_view();
}

size_t count(const SweepSource& source, ResultKind kind, bool ran) {
  return static_cast<size_t>(
      std::ranges::count_if(source.runs(), [&](const SweepRun& run) { return run.result == kind && run.ran == ran; }));
}

std::string summary_of(const SweepSource& source) {
  const size_t total = source.total();
  std::string text = fmt::format("sweep of {} point{}: {} finished", grouped(static_cast<int64_t>(total)),
                                 total == 1 ? "" : "s", count(source, ResultKind::finished, true));
  const auto add = [&](size_t number, const char* what) {
    text += number > 0 ? fmt::format(", {} {}", number, what) : "";
  };
  const auto begun_only = static_cast<size_t>(
      std::ranges::count_if(source.runs(), [](const SweepRun& run) { return run.ran && !run.result; }));
  const auto ended = static_cast<size_t>(
      std::ranges::count_if(source.runs(), [](const SweepRun& run) { return run.ran || run.result; }));
  add(count(source, ResultKind::failed, true), "failed");
  add(count(source, ResultKind::paused, true), "stopped early");
  add(count(source, ResultKind::interrupted, true) + begun_only, "interrupted");
  add(total > ended ? total - ended : 0, "not run");
  add(count(source, ResultKind::elsewhere, false), "running elsewhere");
  add(count(source, ResultKind::finished, false), "done before");
  text += "\n";
  for (const SweepRun& run : source.runs()) {
    if (run.result == ResultKind::failed) {
      const std::string log = run.log.empty() ? "" : fmt::format(" ({})", printable(run.log.string()));
      text += fmt::format("failed: {}: {}{}\n", printable(name_of(run.task.point)), printable(run.reason), log);
    }
  }
  return text;
}

}  // namespace

CheckedSweep prepare_sweep(const Arguments& arguments, const plugin::Registry& registry, experiment::Sweep sweep,
                           supervision::Pulse& pulse) {
  if (arguments.has("profile")) {
    throw Error(ErrorKind::usage, "--profile: got a sweep, expected a single experiment; hint: --point");
  }
  return checked_sweep(arguments, registry, std::move(sweep), pulse);
}

int list_sweep(supervision::Supervisor& supervisor, const Arguments& arguments, const CheckedSweep& checked) {
  const Arrangement arrangement = arrangement_of(supervisor, arguments, checked);
  const std::map<size_t, MeasuredCost> costs =
      costs_of_shapes(supervisor, arguments, checked, arrangement.jobs, environment_of(arguments).threads);
  if (supervisor.asked_to_stop() > 0) {
    return exit_interrupted;
  }
  print(listing(checked, costs, arrangement.jobs) + (arrangement.reason.empty() ? "" : arrangement.reason + "\n"));
  return exit_done;
}

int run_sweep(supervision::Supervisor& supervisor, const Arguments& arguments, const CheckedSweep& checked,
              SweepPlan& plan) {
  const WatchOptions watch = watch_options_of(arguments);
  const Arrangement arrangement = arrangement_of(supervisor, arguments, checked);
  if (!arrangement.reason.empty()) {
    print_message("atelier: note: " + arrangement.reason);
  }
  supervision::Rules rules = rules_for(arguments, watch, arrangement.jobs);
  SweepSource source(arguments, watch, plan);
  source.know(checked);
  const std::unique_ptr<SweepView> view = view_for(arguments);
  SweepDisplay display(source, *view, rules.jobs);
  rules.passing_seconds = view->passing_seconds();
  const int asked = supervisor.run(source, display, rules);
  view->clear();
  const std::optional<SweepPlan::Conclusion> conclusion = plan.conclude();
  view->summary(display.overview(), conclusion ? conclusion->text : summary_of(source));
  if (asked > 0) {
    print_message("atelier: interrupted; go on with the same command");
    return exit_interrupted;
  }
  if (conclusion) {
    return conclusion->code;
  }
  const bool all_done = std::ranges::all_of(source.runs(), [](const SweepRun& run) {
    return run.result == ResultKind::finished || run.result == ResultKind::paused;
  });
  return all_done ? exit_done : exit_failed;
}

}  // namespace atelier::cli
