#include "cli/halving_rungs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.hpp"
#include "base/terminal_text.hpp"

namespace atelier::cli {
namespace {

using terminal::grouped;

// The first step at which so many epochs are done.
int64_t step_of(double epochs, double steps_per_epoch) {
  constexpr double rounding = 1e-9;
  return static_cast<int64_t>(std::ceil(epochs * steps_per_epoch * (1 - rounding)));
}

// Where only the first is given, each next is `factor` times as long.
template <typename Number>
std::vector<Number> all_rungs(const std::vector<Number>& given, bool goes_on, int64_t factor, Number end) {
  std::vector<Number> rungs = given;
  while (goes_on && rungs.back() * static_cast<Number>(factor) < end) {
    rungs.push_back(rungs.back() * static_cast<Number>(factor));
  }
  return rungs;
}

}  // namespace

void HalvingPlanner::add(const experiment::Experiment& experiment, const training::ModelSummary& summary) {
  const std::string place = wanted_.place.text() + ": sweep.halving";
  const EvaluatedMetric metric = evaluated_metric(wanted_.metric, wanted_.goal, experiment, summary, place + ".metric");
  if (metric.cadence != "eval") {
    throw Error(ErrorKind::experiment,
                "{}.metric: got '{}', which is measured at the end alone, expected one of {}/...", place,
                metric.full_name(), summary.validation_count > 0 ? "validation" : "test");
  }
  const auto measured = experiment.metrics.find(metric.name.substr(0, metric.name.find('.')));
  if (measured != experiment.metrics.end() && measured->second.at_end) {
    throw Error(ErrorKind::experiment,
                "{}.metric: got '{}', which is measured at the end alone, expected one of every evaluation; hint: "
                "metric.{}.when = \"evaluation\"",
                place, metric.full_name(), measured->first);
  }
  if (!has_better(metric.direction)) {
    throw Error(ErrorKind::experiment,
                "{}.metric: got '{}', of which nobody says whether larger or smaller values are better; hint: goal = "
                "\"min\" or \"max\" beside it",
                place, metric.full_name());
  }
  if (!halving_.points.empty() && !(halving_.metric == metric)) {
    throw Error(ErrorKind::experiment, "{}.metric: got '{}' at some points and '{}' at others, expected one for all",
                place, halving_.metric.full_name(), metric.full_name());
  }
  halving_.metric = metric;
  PointRungs rungs;
  rungs.total_steps = summary.total_steps;
  if (wanted_.steps.empty()) {
    const double end = static_cast<double>(summary.total_steps) / summary.steps_per_epoch;
    for (const double epochs : all_rungs(wanted_.epochs, wanted_.goes_on_by_factor, wanted_.factor, end)) {
      rungs.steps.push_back(step_of(epochs, summary.steps_per_epoch));
    }
  } else {
    rungs.steps = all_rungs(wanted_.steps, wanted_.goes_on_by_factor, wanted_.factor, summary.total_steps);
  }
  if (std::ranges::adjacent_find(rungs.steps, std::greater_equal<>()) != rungs.steps.end()) {
    throw Error(ErrorKind::experiment, "{}: got two comparisons at step {}, as an epoch has {:g} steps; expected fewer",
                place, *std::ranges::adjacent_find(rungs.steps, std::greater_equal<>()), summary.steps_per_epoch);
  }
  if (rungs.steps.back() >= rungs.total_steps) {
    throw Error(ErrorKind::experiment, "{}: got a comparison at step {}, expected all before the end at step {}", place,
                rungs.steps.back(), rungs.total_steps);
  }
  const int64_t first_evaluation = step_of(experiment.evaluate.every, summary.steps_per_epoch);
  if (rungs.steps.front() < first_evaluation) {
    throw Error(ErrorKind::experiment,
                "{}: got a comparison at step {}, expected none before the first evaluation at step {}; hint: "
                "evaluate.every = {:g}",
                place, rungs.steps.front(), first_evaluation,
                static_cast<double>(rungs.steps.front()) / summary.steps_per_epoch);
  }
  halving_.points.push_back(std::move(rungs));
}

Halving HalvingPlanner::planned() const {
  Halving halving = halving_;
  size_t rungs = halving.points.empty() ? 0 : halving.points.front().steps.size();
  for (const PointRungs& point : halving.points) {
    rungs = std::min(rungs, point.steps.size());
  }
  for (PointRungs& point : halving.points) {  // by factor, shorter runs have fewer
    point.steps.resize(rungs);
  }
  halving.rule = {rungs, wanted_.factor, halving.metric.direction == catalog::Direction::larger};
  return halving;
}

double share_of_steps(const Halving& halving) {
  const size_t points = halving.points.size();
  double steps = 0, all = 0;
  for (const PointRungs& point : halving.points) {
    auto left = static_cast<double>(points);  // of which any may be this one
    for (size_t rung = 0; rung <= halving.rule.rungs; ++rung) {
      const int64_t to = rung < halving.rule.rungs ? point.steps[rung] : point.total_steps;
      steps += left / static_cast<double>(points) * static_cast<double>(to - (rung == 0 ? 0 : point.steps[rung - 1]));
      left = std::min(left, static_cast<double>(decision::promoted_at(halving.rule, points, rung)));
    }
    all += static_cast<double>(point.total_steps);
  }
  return steps / all;
}

std::string to_text(const Halving& halving) {
  const size_t points = halving.points.size();
  std::string text =
      fmt::format("halving by {}: {} point{}", halving.metric.full_name(), points, points == 1 ? "" : "s");
  size_t left = points;
  for (size_t rung = 0; rung <= halving.rule.rungs; ++rung) {
    int64_t least = std::numeric_limits<int64_t>::max(), most = 0;
    for (const PointRungs& point : halving.points) {
      const int64_t to = rung < halving.rule.rungs ? point.steps[rung] : point.total_steps;
      least = std::min(least, to);
      most = std::max(most, to);
    }
    text += fmt::format("{} to {} {}{}", rung == 0 ? "" : fmt::format(", {}", left),
                        rung < halving.rule.rungs ? "step" : "the end at step", grouped(least),
                        least == most ? "" : " to " + grouped(most));
    left = std::min(left, decision::promoted_at(halving.rule, points, rung));
  }
  constexpr double percent = 100;
  return text + fmt::format(": {:.0f}% of all steps\n", percent * share_of_steps(halving));
}

}  // namespace atelier::cli
