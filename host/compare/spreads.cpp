#include "compare/spreads.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <iterator>

#include "base/error.hpp"
#include "compare/nan.hpp"
#include "compare/run_metrics.hpp"
#include "statistics/moments.hpp"

namespace atelier::compare {
namespace {

namespace stats = statistics;
using catalog::Direction;

double reading_of(const Series& series, Reading reading, Direction better) {
  switch (reading) {
    case Reading::last:
      return series.last();
    case Reading::best:
      return !has_better(better) ? nan : better == Direction::larger ? series.largest() : series.smallest();
    case Reading::area:
      break;
  }
  const std::vector<double> steps(series.steps.begin(), series.steps.end());
  return stats::mean_height(steps, series.values).value;
}

Spread spread_of(const Grouping& grouping, const Group& group, const GroupedMetric& metric, Reading reading) {
  Spread spread;
  std::vector<double> measured;
  for (const size_t run : group.runs) {
    const Series* const series = grouping.runs[run].find(metric.name);
    const double value = series == nullptr ? nan : reading_of(*series, reading, metric.better);
    spread.values.push_back(value);
    if (!std::isnan(value)) {
      measured.push_back(value);
    }
  }
  spread.count = measured.size();
  const stats::Estimate mean = stats::mean(measured);
  spread.mean = mean.value;
  spread.deviation = stats::deviation(measured).value;
  spread.interval = stats::bca_interval(measured, grouping.request.level);
  if (measured.empty()) {
    spread.problem = reading == Reading::best && !has_better(metric.better) ? "nobody says which values are better"
                     : reading == Reading::area                             ? "no run has two values"
                                                                            : "no run has a value";
  } else {
    spread.problem = to_string(mean.lack);
  }
  return spread;
}

// Whether it is a mean over samples of what lies between 0 and 1.
bool is_accuracy(const Run& run, const Series& series) {
  const auto metric = run.settings.find("metric." + series.name + ".use");
  return series.name == "accuracy" ||
         (metric != run.settings.end() && terminal::unquoted(metric->second) == "accuracy");
}

void add_deviation_of_samples(GroupedMetric& metric, const Grouping& grouping) {
  const Run& first = grouping.runs[grouping.groups.front().runs.front()];
  const Series* const series = first.find(metric.name);
  if (series == nullptr || series->split != "test" || !is_accuracy(first, *series) || first.test_samples == 0) {
    return;
  }
  metric.samples = first.test_samples;
  for (Spread& spread : metric.last) {
    spread.deviation_of_samples =
        std::sqrt(std::max(0.0, spread.mean * (1 - spread.mean)) / static_cast<double>(metric.samples));
  }
}

GroupedMetric grouped(const Grouping& grouping, const std::string& name) {
  GroupedMetric metric;
  metric.name = name;
  std::vector<const Run*> runs;
  for (const Group& group : grouping.groups) {
    for (const size_t run : group.runs) {
      runs.push_back(&grouping.runs[run]);
      if (const Series* const series = runs.back()->find(name); series != nullptr && metric.units.empty()) {
        metric.units = series->units;
      }
    }
  }
  metric.better = better_of(runs, name);
  metric.unlike = unlikenesses(runs, name, ValidationSplits::count_as_one);
  for (const Group& group : grouping.groups) {
    metric.last.push_back(spread_of(grouping, group, metric, Reading::last));
    metric.best.push_back(spread_of(grouping, group, metric, Reading::best));
    metric.area.push_back(spread_of(grouping, group, metric, Reading::area));
  }
  return metric;
}

std::string joined(const std::vector<Unlikeness>& unlike) {
  return fmt::format("{}", fmt::join(texts_of(unlike), "; "));
}

void note_validation_splits(Grouping& grouping) {
  const auto of_validation = [](const GroupedMetric& metric) { return metric.name.starts_with("validation/"); };
  if (std::ranges::any_of(grouping.metrics, of_validation)) {
    grouping.notes.push_back(
        "a validation split is drawn by the seed: what its metrics spread by comes from other samples, too");
  }
}

}  // namespace

void add_metrics(Grouping& grouping) {
  const GroupingRequest& request = grouping.request;
  std::vector<std::string>& tested = grouping.tested;
  for (const std::string& wanted : request.metrics) {
    tested.push_back(choose_metric(grouping.runs, wanted));
  }
  std::vector<std::string> names = tested;
  if (tested.empty()) {
    names = metric_names(grouping.runs, MetricsOf::evaluations);
    const std::string usual = choose_metric(grouping.runs, "");
    tested = usual.empty() ? std::vector<std::string>() : std::vector{usual};
    if (names.empty()) {
      names = tested;
    }
  }
  for (const std::string& name : names) {
    GroupedMetric metric = grouped(grouping, name);
    if (!metric.unlike.empty()) {
      const bool wanted = std::ranges::find(tested, name) != tested.end();
      if (wanted && !request.anyway) {
        throw Error(ErrorKind::usage,
                    "{}: the runs did not measure the same, expected what is alike in {}; hint: --anyway compares it, "
                    "--metric another",
                    name, joined(metric.unlike));
      }
      grouping.notes.push_back(fmt::format("{} {}: it was not measured with the same: {}", name,
                                           request.anyway ? "is compared anyway" : "is not shown",
                                           joined(metric.unlike)));
      if (!request.anyway) {
        continue;
      }
    }
    add_deviation_of_samples(metric, grouping);
    grouping.metrics.push_back(std::move(metric));
  }
  note_validation_splits(grouping);
}

}  // namespace atelier::compare
