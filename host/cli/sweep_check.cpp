#include "cli/sweep_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>

#include "base/error.hpp"
#include "base/printable.hpp"
#include "base/terminal_table.hpp"
#include "base/terminal_text.hpp"
#include "base/text.hpp"
#include "cli/point_data.hpp"
#include "cli/run_options.hpp"
#include "cli/sweep.hpp"
#include "cli/sweep_source.hpp"
#include "cli/terminal.hpp"
#include "training/summary.hpp"

namespace atelier::cli {
namespace {

using experiment::Sweep;
using experiment::SweepPoint;
using StateKind = PointState::Kind;
using terminal::Emphasis;
using terminal::grouped;

constexpr size_t shown_digits = 8;  // of an identity

std::string counted_points(size_t count) {
  return fmt::format("{} point{}", grouped(static_cast<int64_t>(count)), count == 1 ? "" : "s");
}

// Points that are alike in this cost the same, for each step and each evaluation: what components they have, and how
// large they are.
std::string shape_of(const experiment::Experiment& experiment, const training::ModelSummary& summary) {
  std::string text =
      fmt::format("{} {} {} {} {} {}\n", summary.training_flops, summary.step_bytes, summary.batch_size,
                  summary.optimizer_bytes, summary.train_count + summary.validation_count, summary.test_count);
  for (const training::ParameterSummary& parameter : summary.parameters) {
    text += fmt::format("{} {} {}\n", parameter.group, parameter.name, parameter.shape);
  }
  for (const auto& value : experiment.resolved) {
    if (value.key == "use" || value.table == "evaluate" || value.key == "precision") {
      text += fmt::format("{}.{}={}\n", value.table, value.key, value.literal);
    }
  }
  return text;
}

// What is wrong with a point beyond its settings: its data, its shapes, what its plugins say. All of it at once.
class PointCheck {
 public:
  // `halving` is told of each point, and may be null.
  PointCheck(const Arguments& arguments, const plugin::Registry& registry, data::OpenDatasets& datasets,
             HalvingPlanner* halving)
      : file_(arguments.words.front()),
        registry_(registry),
        environment_(environment_of(arguments, file_)),
        halving_(halving) {
    environment_.datasets = &datasets;
  }

  void check(const SweepPoint& point, CheckedPoint& checked) {
    const auto experiment = experiment::load_point(file_, point.overrides, registry_.descriptions());
    const auto [found, is_new] = looks_.try_emplace(settings_but_for_seeds(experiment));
    Look& look = found->second;
    if (is_new) {
      try {
        const training::ModelSummary summary = training::summarize(experiment, registry_, environment_);
        look.shape = shapes_.try_emplace(shape_of(experiment, summary), shapes_.size()).first->second;
        look.steps = summary.total_steps;
        look.evaluations = summary.evaluations;
        look.summary = summary;
      } catch (const plugin::StaleIndex&) {
        throw;
      } catch (const Error& error) {
        look.problem = error.what();
        kind_ = error.kind();
      }
    }
    if (!look.problem.empty()) {
      points_[look.problem].push_back(name_of(point));
    }
    checked.shape = look.shape;
    checked.steps = look.steps;
    checked.evaluations = look.evaluations;
    if (halving_ && look.problem.empty()) {
      halving_->add(experiment, *look.summary);
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
  HalvingPlanner* halving_;
  struct Look {
    std::string problem;  // "" where nothing is wrong
    size_t shape = 0;
    int64_t steps = 0, evaluations = 0;
    std::optional<training::ModelSummary> summary;
  };
  std::map<std::string, Look> looks_;  // of what was checked
  std::map<std::string, size_t> shapes_;
  std::map<std::string, std::vector<std::string>> points_;  // by what is wrong with them
  ErrorKind kind_ = ErrorKind::experiment;
};

// Which point is looked at: each on a terminal; elsewhere a line now and then, where it takes long.
class CheckProgress {
 public:
  void show(size_t ordinal, size_t total) {
    const std::string line = fmt::format("checking point {} of {}", ordinal, total);
    if (messages_on_terminal()) {
      redraw_message(line);
    } else if (Clock::now() - last_ >= interval) {
      last_ = Clock::now();
      print_message(line);
    }
  }

 private:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::seconds interval{10};
  Clock::time_point last_ = Clock::now();
};

terminal::Cell state_cell(const PointState& state) {
  switch (state.kind) {
    case StateKind::finished:
      return {"done", Emphasis::good};
    case StateKind::running:
      return {"running", Emphasis::none};
    case StateKind::resumable:
      if (state.left_behind) {
        return {printable(state.reason), Emphasis::none};
      }
      return {"goes on from step " + grouped(state.step), Emphasis::warning};
    case StateKind::failed:
      return {"runs again: failed, " + printable(state.reason), Emphasis::bad};
    case StateKind::missing:
      break;
  }
  return {"to run", Emphasis::none};
}

std::string seconds_text(double seconds) {
  return seconds < 10 ? fmt::format("{:.1f} s", seconds) : terminal::duration_text(seconds);
}

// "0:40", "1.2 GB"; what is not known, or nobody waits for, is empty.
std::vector<terminal::Cell> cost_cells(const CheckedPoint& point, const std::map<size_t, MeasuredCost>& costs) {
  const auto found = costs.find(point.shape);
  if (!point.is_to_run() || found == costs.end()) {
    return {{""}, {""}};
  }
  const MeasuredCost& cost = found->second;
  if (!cost.problem.empty()) {
    return {{"?"}, {"?"}};
  }
  const std::string more = cost.cost.evaluates_longer ? "> " : "";
  return {{more + seconds_text(cost.seconds(point.steps, point.evaluations))},
          {human_bytes(static_cast<double>(cost.memory))}};
}

// What is left to be done, so many at a time.
std::string total_text(const CheckedSweep& checked, const std::map<size_t, MeasuredCost>& costs, size_t jobs) {
  const double share = checked.halving ? share_of_steps(*checked.halving) : 1;
  std::vector<double> seconds;
  uint64_t memory = 0;
  std::string unknown;
  for (const CheckedPoint& point : checked.points) {
    const auto found = costs.find(point.shape);
    if (!point.is_to_run() || found == costs.end()) {
      continue;
    }
    if (!found->second.problem.empty()) {
      unknown = found->second.problem;
      continue;
    }
    seconds.push_back(share * found->second.seconds(point.steps, point.evaluations));
    memory = std::max(memory, found->second.memory);
  }
  std::string text;
  if (!seconds.empty()) {
    text = fmt::format("{} at a time: about {}, and {} of memory\n", jobs, seconds_text(makespan(seconds, jobs)),
                       human_bytes(static_cast<double>(memory * std::min<uint64_t>(jobs, seconds.size()))));
  }
  return text + (unknown.empty() ? "" : fmt::format("not measured: {}\n", printable(unknown)));
}

}  // namespace

CheckedSweep checked_sweep(const Arguments& arguments, const plugin::Registry& registry, Sweep sweep,
                           supervision::Pulse& pulse) {
  CheckedSweep checked{std::move(sweep), {}};
  data::OpenDatasets datasets;
  PointData data(arguments, registry, datasets);
  std::map<std::string, const SweepPoint*> of_identity;
  for (const SweepPoint& point : checked.sweep.points) {
    of_identity.emplace(point.identity, &point);
  }
  PointLogs logs(arguments.words.front(), arguments.text("out", "runs"),
                 [&](const runlog::Heading& log, const std::string& identity) {
                   const auto point = of_identity.find(identity);
                   return point != of_identity.end() && data.is_that_of(log, *point->second);
                 });
  std::optional<HalvingPlanner> halving;
  if (checked.sweep.halving) {
    halving.emplace(checked.sweep);
  }
  PointCheck check(arguments, registry, datasets, halving ? &*halving : nullptr);
  CheckProgress progress;
  const std::vector<SweepPoint>& points = checked.sweep.points;
  for (size_t i = 0; i < points.size(); ++i) {
    CheckedPoint& point = checked.points.emplace_back();
    point.state = logs.state_of(points[i].identity);
    if (point.is_to_run() || halving) {
      progress.show(i + 1, points.size());
      check.check(points[i], point);
    }
    pulse.beat();
  }
  if (messages_on_terminal()) {
    clear_message();
  }
  check.throw_if_any();
  if (halving) {
    checked.halving = halving->planned();
    if (checked.halving->metric.split == "test") {
      print_message(
          fmt::format("atelier: note: points are chosen by {}, which is no measure of the chosen one any more; hint: "
                      "dataset.validation = 0.1",
                      checked.halving->metric.full_name()));
    }
  }
  return checked;
}

std::string listing(const CheckedSweep& checked, const std::map<size_t, MeasuredCost>& costs, size_t jobs) {
  const Sweep& sweep = checked.sweep;
  terminal::TextTable table;
  table.columns = {{"point"}};
  for (const std::string& key : sweep.keys) {
    table.columns.push_back({printable(key)});
  }
  table.columns.push_back({"time", terminal::Align::right});
  table.columns.push_back({"memory", terminal::Align::right});
  table.columns.push_back({"state", terminal::Align::left, true});
  for (size_t i = 0; i < sweep.points.size(); ++i) {
    const SweepPoint& point = sweep.points[i];
    std::vector<terminal::Cell> row{{point.identity.substr(0, shown_digits)}};
    for (const std::string& value : point.values) {
      row.push_back({printable(terminal::unquoted(value))});
    }
    for (terminal::Cell& cell : cost_cells(checked.points[i], costs)) {
      row.push_back(std::move(cell));
    }
    row.push_back(state_cell(checked.points[i].state));
    table.add(std::move(row));
  }
  const auto to_run =
      std::ranges::count_if(checked.points, [](const CheckedPoint& point) { return point.is_to_run(); });
  const std::string left_out =
      sweep.left_out > 0 ? fmt::format(", {} left out", counted_points(static_cast<size_t>(sweep.left_out))) : "";
  return terminal::to_text(table, output_layout()) +
         fmt::format("{}, {} to run{}\n", counted_points(sweep.points.size()), grouped(to_run), left_out) +
         (checked.halving ? to_text(*checked.halving) : "") + total_text(checked, costs, jobs);
}

}  // namespace atelier::cli
