#include "compare/comparison.hpp"

#include <algorithm>
#include <cmath>
#include <functional>

#include "compare/nan.hpp"
#include "compare/run_metrics.hpp"

namespace atelier::compare {
namespace {

using catalog::Direction;

Result result_of(const std::string& name, const std::vector<Run>& runs, Direction better,
                 const std::function<double(const Run&)>& value) {
  Result result{name, {}, better};
  for (const auto& run : runs) {
    result.values.push_back(value(run));
    result.finished.push_back(run.state == State::finished);
  }
  return result;
}

// What finished runs did not measure it with in common: its values are not comparable then.
std::vector<Unlikeness> unlike_among(const std::vector<Run>& runs, const std::string& metric) {
  std::vector<const Run*> finished;
  for (const Run& run : runs) {
    if (run.state == State::finished) {
      finished.push_back(&run);
    }
  }
  return unlikenesses(finished, metric, ValidationSplits::differ_by_seed);
}

void add_metric(std::vector<Result>& results, const std::vector<Run>& runs, const std::string& metric) {
  const Direction better = better_of(pointers_to(runs), metric);
  const std::vector<Unlikeness> unlike = unlike_among(runs, metric);
  const auto add = [&](const std::string& what, double (Series::*value)() const) {
    results.push_back(result_of(metric + " " + what, runs, better, [&](const Run& run) {
      const Series* const series = run.find(metric);
      return series == nullptr ? nan : (series->*value)();
    }));
    results.back().unlike = unlike;
  };
  add("last", &Series::last);
  const auto evaluated = [&](const Run& run) {
    return run.find(metric) != nullptr && run.find(metric)->of_evaluation();
  };
  if (std::ranges::none_of(runs, evaluated)) {
    return;
  }
  if (has_better(better)) {
    add("best", better == Direction::larger ? &Series::largest : &Series::smallest);
  } else {
    add("smallest", &Series::smallest);
    add("largest", &Series::largest);
  }
}

std::vector<Result> results_of(const std::vector<Run>& runs) {
  std::vector<Result> results;
  for (const auto& metric : metric_names(runs)) {
    add_metric(results, runs, metric);
  }
  results.push_back(
      result_of("steps", runs, Direction::unknown, [](const Run& run) { return static_cast<double>(run.steps); }));
  results.push_back(result_of("seconds", runs, Direction::unknown, [](const Run& run) { return run.seconds; }));
  results.push_back(result_of("samples/s", runs, Direction::unknown, [](const Run& run) {
    return run.samples_per_second > 0 ? run.samples_per_second : nan;
  }));
  return results;
}

}  // namespace

bool Result::is_best(size_t run) const {
  const auto takes_part = [&](size_t one) { return finished[one] && !std::isnan(values[one]); };
  if (!has_better(better) || !unlike.empty() || !takes_part(run)) {
    return false;
  }
  size_t others = 0;
  for (size_t other = 0; other < values.size(); ++other) {
    if (other == run || !takes_part(other)) {
      continue;
    }
    if (better == Direction::larger ? values[other] > values[run] : values[other] < values[run]) {
      return false;
    }
    ++others;
  }
  return others > 0;
}

Comparison compare(std::vector<Run> runs, const std::string& metric) {
  Comparison comparison;
  for (auto& run : runs) {
    (run.state == State::broken ? comparison.broken : comparison.runs).push_back(std::move(run));
  }
  comparison.labels = labels_of(comparison.runs);
  comparison.differences = differences_of(comparison.runs);
  comparison.results = results_of(comparison.runs);
  comparison.metric = choose_metric(comparison.runs, metric);
  return comparison;
}

}  // namespace atelier::compare
