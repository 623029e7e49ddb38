#include "cli/evaluated_metric.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/error.hpp"
#include "base/text.hpp"
#include "runlog/reader.hpp"

namespace atelier::cli {
namespace {

using catalog::Direction;

// Cadence and split, as runs of this summary have them; what is evaluated while training comes first.
std::vector<std::pair<std::string, std::string>> splits_of(const training::ModelSummary& summary) {
  const bool apart = summary.validation_count > 0 && summary.test_count > 0;
  std::vector<std::pair<std::string, std::string>> splits{{"eval", summary.validation_count > 0 ? "validation"
                                                                   : summary.test_count > 0     ? "test"
                                                                                                : "train"}};
  if (apart) {
    splits.emplace_back("test", "test");
  }
  return splits;
}

}  // namespace

EvaluatedMetric evaluated_metric(const std::string& word, const std::optional<experiment::Goal>& goal,
                                 const experiment::Experiment& experiment, const training::ModelSummary& summary,
                                 const std::string& place) {
  const std::string given = word.empty() ? experiment.evaluate.metric : word;
  const auto splits = splits_of(summary);
  std::vector<std::string> names;
  for (const auto& [cadence, split] : splits) {
    for (const catalog::Measure& measure : summary.measures) {
      names.push_back(split + "/" + measure.name);
      const bool is_meant = given == names.back() || given == cadence + "/" + measure.name ||
                            (given == measure.name && (word.empty() || cadence == splits.back().first));
      if (!is_meant) {
        continue;
      }
      EvaluatedMetric found{cadence, split, measure.name, measure.direction};
      if (measure.name == summary.monitor.metric) {
        found.direction = summary.monitor.direction;
      }
      if (goal) {
        found.direction = *goal == experiment::Goal::max ? Direction::larger : Direction::smaller;
      }
      return found;
    }
  }
  throw Error(ErrorKind::experiment, "{}: got '{}', expected a number of the evaluations, {}{}", place, given,
              one_of(names), did_you_mean(given, names));
}

double value_until(const std::filesystem::path& log, const EvaluatedMetric& metric, int64_t step) {
  const runlog::MetricSeries series = runlog::Reader(log).metric(metric.cadence, metric.name);
  double value = std::nan("");
  for (size_t i = 0; i < series.values.size() && series.steps[i] <= step; ++i) {
    value = series.values[i];
  }
  return value;
}

double final_value(const runlog::Heading& log, const EvaluatedMetric& metric) {
  const auto found = std::ranges::find_if(log.metrics, [&](const runlog::FinalValue& value) {
    return value.cadence == metric.cadence && value.name == metric.name;
  });
  return found == log.metrics.end() ? std::nan("") : found->last;
}

}  // namespace atelier::cli
