#include "cli/sweep.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <map>
#include <optional>

#include "base/error.hpp"
#include "base/printable.hpp"
#include "base/terminal_table.hpp"
#include "base/terminal_text.hpp"
#include "cli/child_process.hpp"
#include "cli/interrupt.hpp"
#include "cli/program.hpp"
#include "cli/run_options.hpp"
#include "cli/sweep_states.hpp"
#include "cli/terminal.hpp"
#include "runlog/locks.hpp"
#include "training/summary.hpp"

namespace atelier::cli {
namespace {

using experiment::Sweep;
using experiment::SweepPoint;
using Kind = PointState::Kind;
using terminal::Emphasis;
using terminal::grouped;

constexpr size_t shown_digits = 8;  // of an identity

bool is_to_run(const PointState& state) {
  return state.kind != Kind::finished && state.kind != Kind::running;
}

std::string counted_points(size_t count) {
  return fmt::format("{} point{}", grouped(static_cast<int64_t>(count)), count == 1 ? "" : "s");
}

// The file alone may be a point, too: all that varied is said on the command line.
std::string name_of(const SweepPoint& point) {
  return point.label.empty() ? point.name : point.label;
}

// Points that differ by these alone are checked once.
std::string checked_by(const experiment::Experiment& experiment) {
  std::string text;
  for (const auto& value : experiment.resolved) {
    const bool of_the_top = value.table.empty();
    const bool is_seed = value.key == "seed" && (of_the_top || value.table == "sample");
    if (!is_seed && !(of_the_top && value.key == "tags")) {
      text += fmt::format("{}.{}={}\n", value.table, value.key, value.literal);
    }
  }
  return text;
}

// What is wrong with a point beyond its settings: its data, its shapes, what its plugins say. All of it at once.
class PointCheck {
 public:
  PointCheck(const Arguments& arguments, const plugin::Registry& registry)
      : file_(arguments.words.front()), registry_(registry), environment_(environment_of(arguments, file_)) {}

  void check(const SweepPoint& point) {
    const auto experiment = experiment::load_point(file_, point.overrides, registry_.descriptions());
    const auto [found, is_new] = said_.try_emplace(checked_by(experiment));
    if (is_new) {
      try {
        (void)training::summarize(experiment, registry_, environment_);
      } catch (const plugin::StaleIndex&) {
        throw;
      } catch (const Error& error) {
        found->second = error.what();
        kind_ = error.kind();
      }
    }
    if (!found->second.empty()) {
      points_[found->second].push_back(name_of(point));
    }
  }

  void throw_if_any() const {
    std::string text;
    for (const auto& [message, points] : points_) {
      const std::string more = points.size() > 1 ? fmt::format(" and {} more", counted_points(points.size() - 1)) : "";
      text +=
          fmt::format("{}{} (at the point {}{})", text.empty() ? "" : "\n", message, printable(points.front()), more);
    }
    if (!text.empty()) {
      throw Error(kind_, text);
    }
  }

 private:
  std::string file_;
  const plugin::Registry& registry_;
  inference::Environment environment_;
  std::map<std::string, std::string> said_;                 // of what was checked; "" where nothing is wrong
  std::map<std::string, std::vector<std::string>> points_;  // by what is wrong with them
  ErrorKind kind_ = ErrorKind::experiment;
};

void check_points(const Arguments& arguments, const plugin::Registry& registry, const Sweep& sweep,
                  const std::vector<PointState>& states) {
  PointCheck check(arguments, registry);
  for (size_t i = 0; i < sweep.points.size(); ++i) {
    if (is_to_run(states[i])) {
      if (messages_on_terminal()) {
        redraw_message(fmt::format("checking point {} of {}", i + 1, sweep.points.size()));
      }
      check.check(sweep.points[i]);
    }
  }
  if (messages_on_terminal()) {
    clear_message();
  }
  check.throw_if_any();
}

terminal::Cell state_cell(const PointState& state) {
  switch (state.kind) {
    case Kind::finished:
      return {"done", Emphasis::good};
    case Kind::running:
      return {"running", Emphasis::none};
    case Kind::resumable:
      return {"goes on from step " + grouped(state.step), Emphasis::warning};
    case Kind::failed:
      return {"runs again: failed, " + printable(state.reason), Emphasis::bad};
    case Kind::missing:
      break;
  }
  return {"to run", Emphasis::none};
}

std::string listing(const Sweep& sweep, const std::vector<PointState>& states) {
  terminal::TextTable table;
  table.columns = {{"point"}};
  for (const std::string& key : sweep.keys) {
    table.columns.push_back({printable(key)});
  }
  table.columns.push_back({"state", terminal::Align::left, true});
  for (size_t i = 0; i < sweep.points.size(); ++i) {
    const SweepPoint& point = sweep.points[i];
    std::vector<terminal::Cell> row{{point.identity.substr(0, shown_digits)}};
    for (const std::string& value : point.values) {
      row.push_back({printable(terminal::unquoted(value))});
    }
    row.push_back(state_cell(states[i]));
    table.add(std::move(row));
  }
  const auto to_run = static_cast<size_t>(std::ranges::count_if(states, is_to_run));
  const std::string left_out =
      sweep.left_out > 0 ? fmt::format(", {} left out", counted_points(static_cast<size_t>(sweep.left_out))) : "";
  return terminal::to_text(table, output_layout()) + fmt::format("{}, {} to run{}\n",
                                                                 counted_points(sweep.points.size()),
                                                                 grouped(static_cast<int64_t>(to_run)), left_out);
}

// The options that a point's own process gets, too.
std::vector<std::string> handed_on(const Arguments& arguments) {
  std::vector<std::string> words;
  for (const auto& [name, values] : arguments.options) {
    if (name == "seeds" || name == "fail-fast" || name == "dry-run") {
      continue;
    }
    for (const std::string& value : values) {
      words.push_back(fmt::format("--{}={}", name, value));
    }
  }
  return words;
}

std::vector<std::string> words_for(const Arguments& arguments, const SweepPoint& point, const PointState& state) {
  const bool resumes = state.kind == Kind::resumable;
  std::vector<std::string> words{resumes ? "resume" : "run"};
  const std::vector<std::string> options = handed_on(arguments);
  words.insert(words.end(), options.begin(), options.end());
  if (resumes) {
    words.insert(words.end(), {"--", state.log.string()});
    return words;
  }
  words.insert(words.end(), {"--point=" + point.identity, "--", arguments.words.front()});
  words.insert(words.end(), point.overrides.begin(), point.overrides.end());
  return words;
}

// What became of the points, in this order of a summary.
struct Tally {
  size_t finished = 0, done_before = 0, running = 0;
  std::vector<std::pair<size_t, ChildEnd>> failed;
  std::optional<size_t> interrupted;
  size_t not_run = 0;
};

bool was_interrupted(const ChildEnd& end) {
  return end.code == exit_interrupted || end.signal == SIGINT || end.signal == SIGTERM || end.signal == SIGHUP;
}

// The point is this process's as long as that lives; nothing where it is another one's.
std::optional<runlog::Lock> claim(const Arguments& arguments, const SweepPoint& point) {
  const std::filesystem::path folder = arguments.text("out", "runs");
  std::filesystem::create_directories(folder);
  const std::filesystem::path claimed = folder / (".point-" + point.identity);
  try {
    return std::optional<runlog::Lock>(std::in_place, claimed);
  } catch (const Error&) {
    if (runlog::holder_of(claimed)) {
      return std::nullopt;
    }
    throw;
  }
}

// What its logs say now: since the sweep began another process may have run it.
PointState state_now(const Arguments& arguments, const SweepPoint& point) {
  Sweep alone;
  alone.points = {point};
  return states_of(alone, arguments.words.front(), arguments.text("out", "runs")).front();
}

Tally run_points(const Arguments& arguments, const Sweep& sweep, const std::vector<PointState>& before,
                 InterruptRelay& relay) {
  Tally tally;
  const auto leave = [&](const PointState& state) {
    ++(state.kind == Kind::finished ? tally.done_before : tally.running);
  };
  bool stopped = false;
  for (size_t i = 0; i < sweep.points.size(); ++i) {
    const SweepPoint& point = sweep.points[i];
    if (!is_to_run(before[i])) {
      leave(before[i]);
      continue;
    }
    if (stopped || relay.asked()) {
      ++tally.not_run;
      continue;
    }
    const std::optional<runlog::Lock> claimed = claim(arguments, point);
    const PointState state = claimed ? state_now(arguments, point) : PointState{Kind::running, {}, "", 0};
    if (!is_to_run(state)) {
      leave(state);
      continue;
    }
    flush_output();
    print_message(fmt::format("point {} of {}: {}", i + 1, sweep.points.size(), name_of(point)));
    const ChildEnd end = run_child(words_for(arguments, point, state), relay);
    if (end.code == exit_done && end.signal == 0) {
      ++tally.finished;
    } else if (relay.asked() && was_interrupted(end)) {
      tally.interrupted = i;
    } else {
      tally.failed.emplace_back(i, end);
      stopped = arguments.has("fail-fast");
    }
  }
  return tally;
}

// What its log says, where this run has written one; else how its process ended.
std::string reason_of(const ChildEnd& end, const PointState& before, const PointState& after) {
  const bool says = after.kind == Kind::failed && after.log != before.log;
  return says ? fmt::format("{} ({})", printable(after.reason), printable(after.log.string()))
              : end.words() + (end.signal == 0 ? "; what it said stands above" : "");
}

std::string summary_of(const Sweep& sweep, const Tally& tally, const std::vector<PointState>& before,
                       const std::vector<PointState>& after) {
  std::string text = fmt::format("sweep of {}: {} finished", counted_points(sweep.points.size()), tally.finished);
  const auto add = [&](size_t count, const char* what) {
    text += count > 0 ? fmt::format(", {} {}", count, what) : "";
  };
  add(tally.failed.size(), "failed");
  add(tally.interrupted ? 1 : 0, "interrupted");
  add(tally.not_run, "not run");
  add(tally.running, "running elsewhere");
  add(tally.done_before, "done before");
  text += "\n";
  for (const auto& [index, end] : tally.failed) {
    text += fmt::format("failed: {}: {}\n", printable(name_of(sweep.points[index])),
                        reason_of(end, before[index], after[index]));
  }
  return text;
}

}  // namespace

int run_sweep(const Arguments& arguments, const plugin::Registry& registry, const Sweep& sweep) {
  if (arguments.has("profile")) {
    throw Error(ErrorKind::usage, "--profile: got a sweep, expected a single experiment; hint: --point");
  }
  const std::filesystem::path folder = arguments.text("out", "runs");
  const std::vector<PointState> before = states_of(sweep, arguments.words.front(), folder);
  if (arguments.has("dry-run")) {
    check_points(arguments, registry, sweep, before);
    print(listing(sweep, before));
    return exit_done;
  }
  InterruptRelay& relay = relay_interrupts();
  check_points(arguments, registry, sweep, before);
  const Tally tally = run_points(arguments, sweep, before, relay);
  print(summary_of(sweep, tally, before,
                   tally.failed.empty() ? before : states_of(sweep, arguments.words.front(), folder)));
  if (relay.asked()) {
    print_message("atelier: interrupted; go on with the same command");
    return exit_interrupted;
  }
  return tally.failed.empty() && tally.running == 0 ? exit_done : exit_failed;
}

}  // namespace atelier::cli
