#include "cli/halving_plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.hpp"
#include "base/printable.hpp"
#include "base/terminal_text.hpp"
#include "cli/program.hpp"
#include "cli/sweep_source.hpp"
#include "cli/terminal.hpp"
#include "runlog/headings.hpp"
#include "runlog/stopped.hpp"

namespace atelier::cli {
namespace {

using decision::Fate;
using decision::Verdict;
using terminal::grouped;

void say_in_log(const std::filesystem::path& log, const std::string& reason) {
  const runlog::Heading heading = runlog::read_headings({log}).front();
  const bool said = heading.status == runlog::Status::stopped && heading.exit_reason == reason;
  if (said || heading.status == runlog::Status::finished || heading.status == runlog::Status::failed) {
    return;  // by hand it may have been trained to its end
  }
  try {
    runlog::set_stopped(log, reason);
  } catch (const Error& error) {
    print_message(fmt::format("atelier: warning: {}", error.what()));
  }
}

}  // namespace

HalvingPlan::HalvingPlan(const experiment::Sweep& sweep, Halving halving)
    : sweep_(sweep), halving_(std::move(halving)), states_(sweep.points.size()) {
  for (size_t i = 0; i < sweep.points.size(); ++i) {
    results_.push_back({sweep.points[i].identity, {}});
    by_identity_[sweep.points[i].identity] = i;
  }
  verdicts_ = decision::decide(halving_.rule, results_);
}

bool HalvingPlan::may_train(size_t point) const {
  return verdicts_[point].fate == Fate::trains && !states_[point].is_out && !states_[point].at_end &&
         !results_[point].failed;
}

std::optional<size_t> HalvingPlan::ready() const {
  std::optional<size_t> found;
  for (size_t i = 0; i < states_.size(); ++i) {
    if (may_train(i) && !states_[i].interrupted && !states_[i].elsewhere &&
        (!found || verdicts_[i].rung > verdicts_[*found].rung)) {
      found = i;
    }
  }
  return found;
}

std::optional<PointTask> HalvingPlan::next() {
  const std::optional<size_t> point = ready();
  if (!point) {
    return std::nullopt;
  }
  states_[*point].is_out = true;
  const std::vector<int64_t>& steps = halving_.points[*point].steps;
  const size_t rung = verdicts_[*point].rung;
  PointTask task{sweep_.points[*point]};
  task.last_step = rung < steps.size() ? steps[rung] : std::numeric_limits<int64_t>::max();
  task.decides = true;
  return task;
}

size_t HalvingPlan::waiting() const {
  size_t count = 0;
  for (size_t i = 0; i < states_.size(); ++i) {
    count += may_train(i) ? 1 : 0;
  }
  return count;
}

size_t HalvingPlan::total() const {
  size_t tasks = states_.size();
  for (size_t rung = 0; rung < halving_.rule.rungs; ++rung) {
    tasks += std::min(states_.size(), decision::promoted_at(halving_.rule, states_.size(), rung));
  }
  return tasks;
}

// Of the rungs up to this one; those before it were taken with an earlier result.
void HalvingPlan::take_values(size_t point, size_t rungs) {
  std::vector<double>& values = results_[point].values;
  try {
    while (values.size() < rungs) {
      values.push_back(value_until(states_[point].log, halving_.metric, halving_.points[point].steps[values.size()]));
    }
  } catch (const Error& error) {
    results_[point].failed = true;
    states_[point].reason = error.what();
  }
}

void HalvingPlan::ended(const PointResult& result) {
  const size_t point = by_identity_.at(result.identity);
  State& state = states_[point];
  state.is_out = false;
  state.log = result.log;
  switch (result.kind) {
    case PointResult::Kind::finished:
      state.at_end = true;
      state.before = !result.ran;
      take_values(point, halving_.rule.rungs);
      break;
    case PointResult::Kind::paused:
      take_values(point, verdicts_[point].rung + 1);
      break;
    case PointResult::Kind::failed:
      results_[point].failed = true;
      state.reason = result.reason;
      break;
    case PointResult::Kind::elsewhere:
      state.elsewhere = true;
      break;
    case PointResult::Kind::interrupted:
      state.interrupted = true;
      break;
  }
  verdicts_ = decision::decide(halving_.rule, results_);
}

std::string HalvingPlan::why_stopped(size_t point) const {
  const Verdict& verdict = verdicts_[point];
  const std::string where = fmt::format("{} at rung {} of {} (step {})", left_behind_by_halving, verdict.rung + 1,
                                        halving_.rule.rungs, grouped(halving_.points[point].steps[verdict.rung]));
  const double value = results_[point].values[verdict.rung];
  const std::string value_text = fmt::format("{} {:.6g}", halving_.metric.full_name(), value);
  return std::isfinite(value) ? fmt::format("{}: rank {} of {}, {}", where, verdict.rank, verdict.of, value_text)
                              : fmt::format("{}: {}", where, value_text);
}

std::optional<SweepPlan::Conclusion> HalvingPlan::conclude() {
  size_t finished = 0, before = 0, failed = 0, stopped = 0, undecided = 0, elsewhere = 0;
  std::string lines;
  for (size_t i = 0; i < states_.size(); ++i) {
    const State& state = states_[i];
    const Verdict& verdict = verdicts_[i];
    const std::string name = printable(name_of(sweep_.points[i]));
    const std::string log = state.log.empty() ? "" : fmt::format(" ({})", printable(state.log.string()));
    const bool left_behind = verdict.fate == Fate::stopped || (verdict.fate == Fate::is_worst && !results_[i].failed);
    if (results_[i].failed) {
      ++failed;
      lines += fmt::format("failed: {}: {}{}\n", name, printable(state.reason), log);
    } else if (left_behind) {
      ++stopped;
      if (verdict.fate == Fate::is_worst || verdict.rank > 0) {
        const std::string why = why_stopped(i);
        say_in_log(state.log, why);
        lines += fmt::format("{}: {}{}\n", name, why, log);
      } else {
        lines += fmt::format("{}: {} at rung {} of {}, its rank is not known yet{}\n", name, left_behind_by_halving,
                             verdict.rung + 1, halving_.rule.rungs, log);
      }
    } else if (state.at_end) {
      ++(state.before ? before : finished);
      lines += fmt::format("{}: trained to its end{}\n", name, log);
    } else {
      ++(state.elsewhere ? elsewhere : undecided);
    }
  }
  std::string text = fmt::format("sweep of {} point{}: {} finished", grouped(static_cast<int64_t>(states_.size())),
                                 states_.size() == 1 ? "" : "s", finished);
  const auto add = [&](size_t number, const char* what) {
    text += number > 0 ? fmt::format(", {} {}", number, what) : "";
  };
  add(stopped, "stopped by halving");
  add(failed, "failed");
  add(undecided, "undecided");
  add(elsewhere, "running elsewhere");
  add(before, "done before");
  return Conclusion{text + "\n" + lines, failed + undecided + elsewhere == 0 ? exit_done : exit_failed};
}

}  // namespace atelier::cli
