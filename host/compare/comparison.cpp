#include "compare/comparison.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <set>

#include "base/error.hpp"
#include "base/text.hpp"
#include "compare/measured_with.hpp"

namespace atelier::compare {
namespace {

using catalog::Direction;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

std::vector<std::string> labels_of(const std::vector<Run>& runs) {
  std::vector<std::string> labels;
  std::map<std::string, int> seen;
  for (const auto& run : runs) {
    const int count = ++seen[run.run_id];
    labels.push_back(count == 1 ? run.run_id : fmt::format("{}#{}", run.run_id, count));
  }
  return labels;
}

std::vector<Difference> differences_of(const std::vector<Run>& runs) {
  std::set<std::string> keys;
  for (const auto& run : runs) {
    for (const auto& [key, value] : run.settings) {
      keys.insert(key);
    }
  }
  keys.erase("name");  // which stands beside the label
  std::vector<Difference> differences;
  for (const auto& key : keys) {
    Difference difference{key, {}};
    for (const auto& run : runs) {
      const auto found = run.settings.find(key);
      difference.values.push_back(found == run.settings.end() ? "" : found->second);
    }
    if (std::ranges::adjacent_find(difference.values, std::not_equal_to<>()) != difference.values.end()) {
      differences.push_back(std::move(difference));
    }
  }
  return differences;
}

// What runs were made from that their settings do not show. A run that has none of a kind (another optimizer, made
// data) differs by its settings.
void add_differences_of_identity(const std::vector<Run>& runs, std::vector<Difference>& differences) {
  std::set<std::string> kinds;
  for (const auto& run : runs) {
    for (const auto& [what, value] : run.identity) {
      kinds.insert(what);
    }
  }
  for (const auto& what : kinds) {
    Difference difference{what, {}};
    std::set<std::string> known;
    for (const auto& run : runs) {
      const auto found = run.identity.find(what);
      difference.values.push_back(found == run.identity.end() ? "" : runlog::shortened(found->second));
      if (found != run.identity.end()) {
        known.insert(found->second);
      }
    }
    if (known.size() > 1) {
      differences.push_back(std::move(difference));
    }
  }
}

// The metrics of evaluation and training of all runs, each once, evaluation first.
std::vector<std::string> metric_names(const std::vector<Run>& runs) {
  std::vector<std::string> names;
  for (const std::string cadence : {"eval", "test", "train"}) {
    for (const auto& run : runs) {
      for (const auto& series : run.metrics) {
        if (series.cadence == cadence && std::ranges::find(names, series.full_name()) == names.end()) {
          names.push_back(series.full_name());
        }
      }
    }
  }
  return names;
}

// Known where the runs that have the metric agree.
Direction better_of(const std::vector<Run>& runs, const std::string& metric) {
  std::set<Direction> said;
  for (const auto& run : runs) {
    if (const Series* const series = run.find(metric)) {
      said.insert(series->better);
    }
  }
  return said.size() == 1 ? *said.begin() : Direction::unknown;
}

Result result_of(const std::string& name, const std::vector<Run>& runs, Direction better,
                 const std::function<double(const Run&)>& value) {
  Result result{name, {}, better};
  for (const auto& run : runs) {
    result.values.push_back(value(run));
    result.finished.push_back(run.state == State::finished);
  }
  return result;
}

// What the runs differ in that the metric was measured with: only what they have in common makes its values comparable.
std::vector<std::string> differences_in_measuring(const std::vector<Run>& runs, const std::string& metric) {
  std::set<std::string> out;
  const Run* first = nullptr;
  for (const auto& run : runs) {
    const Series* const series = run.find(metric);
    if (run.state != State::finished || series == nullptr || series->values.empty()) {
      continue;
    }
    if (first == nullptr) {
      first = &run;
      continue;
    }
    const std::map<std::string, std::string> there = measured_with(*first, *series);
    for (const auto& [what, how] : measured_with(run, *series)) {
      if (how != there.at(what)) {
        out.insert(what);
      }
    }
  }
  return {out.begin(), out.end()};
}

void add_metric(std::vector<Result>& results, const std::vector<Run>& runs, const std::string& metric) {
  const Direction better = better_of(runs, metric);
  const std::vector<std::string> differences = differences_in_measuring(runs, metric);
  const auto add = [&](const std::string& what, double (Series::*value)() const) {
    results.push_back(result_of(metric + " " + what, runs, better, [&](const Run& run) {
      const Series* const series = run.find(metric);
      return series == nullptr ? nan : (series->*value)();
    }));
    results.back().runs_differ_in = differences;
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

std::string choose_metric(const std::vector<Run>& runs, const std::string& wanted) {
  const std::vector<std::string> names = metric_names(runs);
  if (wanted.empty()) {
    for (const auto& run : runs) {
      if (run.find(run.best.metric) != nullptr) {
        return run.best.metric;
      }
    }
    return names.empty() ? "" : names.front();
  }
  for (const auto& name : names) {
    if (name == wanted || name.ends_with("/" + wanted)) {
      return name;
    }
  }
  for (const auto& run : runs) {
    for (const auto& series : run.metrics) {
      if (series.cadence + "/" + series.name == wanted) {
        return series.full_name();
      }
    }
  }
  throw Error(ErrorKind::usage, "metric '{}': no run has it, expected {}{}", wanted,
              one_of(names, "none: the runs have no metrics"), did_you_mean(wanted, names));
}

}  // namespace

bool Result::is_best(size_t run) const {
  const auto takes_part = [&](size_t one) { return finished[one] && !std::isnan(values[one]); };
  if (!has_better(better) || !runs_differ_in.empty() || !takes_part(run)) {
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
  add_differences_of_identity(comparison.runs, comparison.differences);
  comparison.results = results_of(comparison.runs);
  comparison.metric = choose_metric(comparison.runs, metric);
  return comparison;
}

}  // namespace atelier::compare
