#include "compare/run_metrics.hpp"

#include <algorithm>
#include <iterator>
#include <set>

#include "base/error.hpp"
#include "base/text.hpp"

namespace atelier::compare {

std::vector<std::string> metric_names(const std::vector<Run>& runs, MetricsOf which) {
  std::vector<std::string> names;
  for (const std::string cadence : {"eval", "test", "train"}) {
    if (which == MetricsOf::evaluations && !Final::is_of_evaluation(cadence)) {
      continue;
    }
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

catalog::Direction better_of(const std::vector<const Run*>& runs, const std::string& metric) {
  std::set<catalog::Direction> said;
  for (const Run* const run : runs) {
    if (const Series* const series = run->find(metric)) {
      said.insert(series->better);
    }
  }
  return said.size() == 1 ? *said.begin() : catalog::Direction::unknown;
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

std::vector<const Run*> pointers_to(const std::vector<Run>& runs) {
  std::vector<const Run*> pointers;
  std::ranges::transform(runs, std::back_inserter(pointers), [](const Run& run) { return &run; });
  return pointers;
}

}  // namespace atelier::compare
