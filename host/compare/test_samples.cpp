#include "compare/test_samples.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "base/error.hpp"
#include "runlog/reader.hpp"
#include "statistics/moments.hpp"

namespace atelier::compare {
namespace {

// In the split's order. Empty where the log has not all of them.
std::vector<double> last_values(const Run& run, const std::string& metric) {
  const Series* const series = run.find(metric);
  if (series == nullptr || series->split != "test" || series->steps.empty()) {
    return {};
  }
  const auto kept = run.settings.find("metric." + series->name + ".per_sample");
  if (kept == run.settings.end() || kept->second != "true") {
    return {};
  }
  const std::string name = (series->cadence == "test" ? "test." : "metric.") + series->name + ".per_sample";
  const runlog::Reader log(run.path);
  const std::vector<int64_t> steps = log.tensor_steps(name);
  if (steps.empty() || steps.back() != series->steps.back()) {  // dropped since, or of a run that has not ended
    return {};
  }
  const tensor::Tensor row = log.tensor(name, std::ssize(steps) - 1);
  const auto* const values = row.storage.as<const float>();
  std::vector<double> out(values, values + row.shape.elements());
  return std::ranges::any_of(out, [](double value) { return std::isnan(value); }) ? std::vector<double>() : out;
}

// Of each sample the mean over the runs. Empty where one of them keeps no values, or of another number of samples.
std::vector<double> mean_of_each_sample(const std::vector<const Run*>& runs, const std::string& metric) {
  std::vector<double> sums;
  for (const Run* const run : runs) {
    const std::vector<double> values = last_values(*run, metric);
    if (values.empty() || (!sums.empty() && values.size() != sums.size())) {
      return {};
    }
    sums.resize(values.size());
    for (size_t i = 0; i < values.size(); ++i) {
      sums[i] += values[i] / static_cast<double>(runs.size());
    }
  }
  return sums;
}

OfSamples of_mean(const std::vector<double>& values, double level) {
  if (values.empty()) {
    return {};
  }
  constexpr size_t resamples = 1999;
  return {values.size(), statistics::mean(values).value,
          statistics::deviation(values).value / std::sqrt(static_cast<double>(values.size())),
          statistics::bca_interval(values, level, {.count = resamples})};
}

OfSamples of_differences(const std::vector<double>& values, const std::vector<double>& reference, double level) {
  std::vector<double> differences;
  for (size_t i = 0; i < values.size() && values.size() == reference.size(); ++i) {
    differences.push_back(values[i] - reference[i]);
  }
  return of_mean(differences, level);
}

// Those of a group that have a last value, by their seeds.
std::map<uint64_t, const Run*> measured(const Grouping& grouping, const GroupedMetric& metric, size_t group) {
  std::map<uint64_t, const Run*> out;
  const std::vector<size_t>& runs = grouping.groups[group].runs;
  for (size_t i = 0; i < runs.size(); ++i) {
    if (!std::isnan(metric.last[group].values[i])) {
      out.emplace(grouping.runs[runs[i]].seed, &grouping.runs[runs[i]]);
    }
  }
  return out;
}

std::vector<const Run*> runs_of(const std::map<uint64_t, const Run*>& by_seed) {
  std::vector<const Run*> out;
  for (const auto& [seed, run] : by_seed) {
    out.push_back(run);
  }
  return out;
}

}  // namespace

OfSamples of_samples(const Grouping& grouping, const GroupedMetric& metric, size_t group) {
  return of_mean(mean_of_each_sample(runs_of(measured(grouping, metric, group)), metric.name), grouping.request.level);
}

OfSamples of_samples(const Grouping& grouping, const Contrast& contrast) {
  const GroupedMetric& metric = *std::ranges::find(grouping.metrics, contrast.metric, &GroupedMetric::name);
  if (grouping.request.reading != Reading::last || !metric.unlike.empty()) {
    return {};
  }
  std::map<uint64_t, const Run*> group = measured(grouping, metric, contrast.group);
  std::map<uint64_t, const Run*> reference = measured(grouping, metric, contrast.reference);
  if (contrast.paired) {
    std::erase_if(group, [&](const auto& one) { return !reference.contains(one.first); });
    std::erase_if(reference, [&](const auto& one) { return !group.contains(one.first); });
  }
  return of_differences(mean_of_each_sample(runs_of(group), metric.name),
                        mean_of_each_sample(runs_of(reference), metric.name), grouping.request.level);
}

std::vector<OverSamples> over_samples(const Comparison& comparison) {
  constexpr size_t most = 8;
  constexpr double level = 0.95;
  std::vector<OverSamples> out;
  const auto shown = std::ranges::find(comparison.results, comparison.metric + " last", &Result::name);
  if (comparison.runs.size() > most || shown == comparison.results.end() || !shown->unlike.empty()) {
    return out;
  }
  std::vector<double> first;
  size_t reference = 0;
  for (size_t run = 0; run < comparison.runs.size(); ++run) {
    const Run& one = comparison.runs[run];
    std::vector<double> values =
        one.state == State::finished ? mean_of_each_sample({&one}, comparison.metric) : std::vector<double>();
    if (first.empty()) {
      first = std::move(values);
      reference = run;
    } else if (values.size() == first.size()) {
      out.push_back({run, reference, of_differences(values, first, level)});
    }
  }
  return out;
}

}  // namespace atelier::compare
