#include "compare/curves.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "base/error.hpp"
#include "statistics/bootstrap.hpp"
#include "statistics/moments.hpp"

namespace atelier::compare {
namespace {

constexpr size_t curve_label_columns = 28;

// The value at a step between the first and the last, on the line between its neighbours.
double value_at(const Series& series, int64_t step) {
  const auto after = std::ranges::lower_bound(series.steps, step);
  const auto at = static_cast<size_t>(after - series.steps.begin());
  if (*after == step) {
    return series.values[at];
  }
  const auto before = static_cast<double>(series.steps[at - 1]);
  const double part = (static_cast<double>(step) - before) / (static_cast<double>(*after) - before);
  return series.values[at - 1] + part * (series.values[at] - series.values[at - 1]);
}

// The series of a group's runs that have values, and the steps that lie within all of them.
struct Together {
  std::vector<const Series*> series;
  std::vector<int64_t> steps;
  bool cut_off = false;  // some go further
};

Together together(const Grouping& grouping, const Group& group, const std::string& metric) {
  Together out;
  std::set<int64_t> steps;
  int64_t first = std::numeric_limits<int64_t>::min(), last = std::numeric_limits<int64_t>::max();
  for (const size_t run : group.runs) {
    if (const Series* const series = grouping.runs[run].find(metric); series != nullptr && !series->steps.empty()) {
      out.series.push_back(series);
      steps.insert(series->steps.begin(), series->steps.end());
      first = std::max(first, series->steps.front());
      last = std::min(last, series->steps.back());
    }
  }
  for (const int64_t step : steps) {
    if (step >= first && step <= last) {
      out.steps.push_back(step);
    }
    out.cut_off = out.cut_off || step > last;
  }
  return out;
}

std::pair<double, double> band_of(const std::vector<double>& values, double mean, Band band, double level) {
  switch (band) {
    case Band::range: {
      const auto [least, most] = std::ranges::minmax_element(values);
      return {*least, *most};
    }
    case Band::deviation: {
      const double deviation = statistics::deviation(values).value;
      return {mean - deviation, mean + deviation};
    }
    case Band::interval:
      break;
  }
  constexpr statistics::Resampling fewer{.count = 999};
  const statistics::Interval interval = statistics::bca_interval(values, level, fewer);
  return {interval.low, interval.high};
}

pictures::Curve curve_of(const Together& of, const std::string& label, const CurveOptions& options, double level) {
  pictures::Curve curve{terminal::shortened(label, curve_label_columns), {}, {}};
  const bool banded = of.series.size() > 1;
  for (const int64_t step : of.steps) {
    std::vector<double> values;
    for (const Series* const series : of.series) {
      values.push_back(value_at(*series, step));
    }
    const double mean = statistics::mean(values).value;
    curve.x.push_back(static_cast<double>(step));
    curve.y.push_back(mean);
    if (banded) {
      const auto [low, high] = band_of(values, mean, options.band, level);
      curve.low.push_back(low);
      curve.high.push_back(high);
    }
  }
  return curve;
}

// "latent 2, beta 4": names of runs, and what else is a fact, tell by themselves.
std::string label_of(const Grouping& grouping, const Group& group) {
  std::vector<std::string> parts;
  for (size_t key = 0; key < grouping.keys.size(); ++key) {
    const size_t point = grouping.keys[key].rfind('.');
    parts.push_back(point == std::string::npos
                        ? group.values[key]
                        : fmt::format("{} {}", grouping.keys[key].substr(point + 1), group.values[key]));
  }
  return fmt::format("{}", fmt::join(parts, ", "));
}

std::string axis_label(const std::string& metric, const std::string& units) {
  return units.empty() ? metric : fmt::format("{} ({})", metric, units);
}

pictures::Chart empty_chart(const std::string& metric, const std::string& units, const CurveOptions& options) {
  pictures::Chart chart;
  chart.title = metric;
  chart.x_label = "training step";
  chart.y_label = axis_label(metric, units);
  chart.logarithmic_x = options.logarithmic_x;
  chart.logarithmic_y = options.logarithmic_y;
  return chart;
}

void remark_on_places(pictures::Chart& chart) {
  if (const size_t count = pictures::points_without_place(chart); count > 0) {
    chart.remarks.push_back(fmt::format("{} points that are not above 0 have no place on a logarithmic axis", count));
  }
}

std::string band_text(const Grouping& grouping, Band band) {
  switch (band) {
    case Band::range:
      return "from the smallest to the largest seed";
    case Band::deviation:
      return "the deviation over seeds, to either side";
    case Band::interval:
      break;
  }
  return fmt::format("the mean's {:.6g}% interval (BCa)", 100 * grouping.request.level);
}

std::string seeds_text(const Grouping& grouping) {
  size_t least = grouping.groups.front().runs.size(), most = least;
  for (const Group& group : grouping.groups) {
    least = std::min(least, group.runs.size());
    most = std::max(most, group.runs.size());
  }
  return least == most ? fmt::format("{} seed{}", least, least == 1 ? "" : "s")
                       : fmt::format("{} to {} seeds", least, most);
}

pictures::Chart chart_of(const Grouping& grouping, const GroupedMetric& metric, const CurveOptions& options) {
  pictures::Chart chart = empty_chart(metric.name, metric.units, options);
  bool banded = false, cut_off = false;
  for (const Group& group : grouping.groups) {
    const Together of = together(grouping, group, metric.name);
    if (!of.steps.empty()) {
      chart.curves.push_back(curve_of(of, label_of(grouping, group), options, grouping.request.level));
      banded = banded || of.series.size() > 1;
      cut_off = cut_off || of.cut_off;
    }
  }
  chart.remarks.push_back(fmt::format("by {}; {} of {}{}", fmt::join(grouping.keys, ", "), banded ? "mean" : "curve",
                                      seeds_text(grouping),
                                      banded ? fmt::format(", band: {}", band_text(grouping, options.band)) : ""));
  if (cut_off) {
    chart.remarks.emplace_back("means end where the first of their seeds ends");
  }
  if (!metric.unlike.empty()) {
    chart.remarks.push_back(fmt::format("not measured with the same: {}", fmt::join(texts_of(metric.unlike), "; ")));
  }
  remark_on_places(chart);
  return chart;
}

}  // namespace

std::optional<Band> band_from(const std::string& name) {
  return name == "range"       ? std::optional(Band::range)
         : name == "deviation" ? std::optional(Band::deviation)
         : name == "interval"  ? std::optional(Band::interval)
                               : std::nullopt;
}

pictures::Chart chart_of(const Comparison& comparison, const CurveOptions& options) {
  pictures::Chart chart = empty_chart(comparison.metric, "", options);
  const auto result = std::ranges::find(comparison.results, comparison.metric + " last", &Result::name);
  if (result != comparison.results.end() && !result->unlike.empty()) {
    const std::string differ = fmt::format("{}", fmt::join(texts_of(result->unlike), "; "));
    if (!options.anyway) {
      throw Error(ErrorKind::usage,
                  "--plot: {} was not measured with the same: {}; hint: --anyway draws it, --metric "
                  "chooses another",
                  comparison.metric, differ);
    }
    chart.remarks.push_back("not measured with the same: " + differ);
  }
  std::set<std::string> names;
  for (const Run& run : comparison.runs) {
    names.insert(run.name);
  }
  const bool names_tell = names.size() == comparison.runs.size();
  for (size_t i = 0; i < comparison.runs.size(); ++i) {
    const Run& run = comparison.runs[i];
    const Series* const series = run.find(comparison.metric);
    if (series == nullptr || series->values.empty()) {
      continue;
    }
    chart.y_label = axis_label(comparison.metric, series->units);
    const std::string label = names_tell          ? run.name
                              : names.size() == 1 ? comparison.labels[i]
                                                  : fmt::format("{} {}", run.name, comparison.labels[i]);
    chart.curves.push_back({terminal::shortened(label, curve_label_columns),
                            {series->steps.begin(), series->steps.end()},
                            series->values});
  }
  if (chart.curves.empty()) {
    throw Error(ErrorKind::usage, "--plot: {}: no run has values of it, expected a metric that some run has",
                comparison.metric.empty() ? "the runs have no metrics" : comparison.metric);
  }
  remark_on_places(chart);
  return chart;
}

std::vector<pictures::Chart> charts_of(const Grouping& grouping, const CurveOptions& options) {
  std::vector<pictures::Chart> charts;
  for (const GroupedMetric& metric : grouping.metrics) {
    if (std::ranges::find(grouping.tested, metric.name) != grouping.tested.end()) {
      charts.push_back(chart_of(grouping, metric, options));
    }
  }
  return charts;
}

}  // namespace atelier::compare
