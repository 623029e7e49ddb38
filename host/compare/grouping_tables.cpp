#include "compare/grouping_tables.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "base/text.hpp"
#include "compare/passports.hpp"
#include "compare/test_samples.hpp"

namespace atelier::compare {
namespace {

using terminal::Align;
using terminal::Cell;

constexpr size_t label_columns = 24;

std::string short_key(const std::string& key) {
  return key.substr(key.rfind('.') + 1);
}

std::string interval_text(const statistics::Interval& interval, double deviation) {
  return interval.lack != statistics::Lack::none ? "–"
                                                 : fmt::format("[{}, {}]", beside_deviation(interval.low, deviation),
                                                               beside_deviation(interval.high, deviation));
}

std::string mean_and_deviation(const Spread& spread) {
  if (std::isnan(spread.mean)) {
    return "–";
  }
  const std::string mean = beside_deviation(spread.mean, spread.deviation);
  return std::isnan(spread.deviation)
             ? mean
             : fmt::format("{} ± {}", mean, beside_deviation(spread.deviation, spread.deviation));
}

std::string percent(double part) {
  return fmt::format("{:.6g}%", 100 * part);
}

std::string direction_text(catalog::Direction better) {
  return has_better(better) ? fmt::format(", {} is better", to_string(better)) : "";
}

std::string p_text(double p) {
  return std::isnan(p) ? "–" : p < 0.001 ? fmt::format("{:.1e}", p) : fmt::format("{:.3f}", p);
}

// Why some of its figures are missing.
std::vector<std::string> problems_of(const Grouping& grouping, const GroupedMetric& metric) {
  std::vector<std::string> lines;
  for (size_t i = 0; i < grouping.groups.size(); ++i) {
    const Group& group = grouping.groups[i];
    const Spread& last = metric.last[i];
    if (!last.problem.empty()) {
      lines.push_back(fmt::format("'{}': {}", group.label, last.problem));
    } else if (last.count < group.runs.size()) {
      lines.push_back(fmt::format("'{}': {} of {} runs have a value", group.label, last.count, group.runs.size()));
    } else if (last.interval.lack != statistics::Lack::none) {
      lines.push_back(fmt::format("'{}': no interval: {}", group.label, to_string(last.interval.lack)));
    }
  }
  constexpr size_t most = 4;
  if (lines.size() > most) {
    const size_t more = lines.size() - most;
    lines.resize(most);
    lines.push_back(fmt::format("and {} more groups lack figures", more));
  }
  return lines;
}

// How far every run's value may be off by what the test split happens to have in it.
std::vector<std::string> samples_text(const Grouping& grouping, const GroupedMetric& metric) {
  std::vector<std::string> lines;
  for (size_t i = 0; i < grouping.groups.size(); ++i) {
    if (const OfSamples found = of_samples(grouping, metric, i); found.samples > 0) {
      lines.push_back(fmt::format("'{}', by its {} test samples: the mean has a deviation of {}, {} interval {}",
                                  grouping.groups[i].label, terminal::grouped(static_cast<int64_t>(found.samples)),
                                  beside_deviation(found.deviation, found.deviation), percent(grouping.request.level),
                                  interval_text(found.interval, found.deviation)));
    }
  }
  if (!lines.empty()) {
    lines.emplace_back("more seeds make what the seeds spread by less, and not what the test samples do");
    return lines;
  }
  double most = 0;
  for (const Spread& spread : metric.last) {
    most = std::isnan(spread.deviation_of_samples) ? most : std::max(most, spread.deviation_of_samples);
  }
  if (metric.samples == 0 || most == 0) {
    return {};
  }
  return {
      fmt::format("beside the seeds: of {} test samples every run's value has a deviation of at most {}, which more "
                  "seeds don't make less",
                  terminal::grouped(metric.samples), beside_deviation(most, most))};
}

// What a metric that sees by another run's model was measured with, of the first run that has it.
std::vector<std::string> passport_text(const Grouping& grouping, const GroupedMetric& metric) {
  const std::string name = metric.name.substr(metric.name.find('/') + 1);
  const std::string table = name.substr(0, name.find('.'));
  for (const Group& group : grouping.groups) {
    for (const size_t run : group.runs) {
      for (const Passport& passport : passports_of(grouping.runs[run])) {
        if (passport.metric == table) {
          return {"measured with: " + measured_with_text(passport)};
        }
      }
    }
  }
  return {};
}

Section metric_section(const Grouping& grouping, const GroupedMetric& metric) {
  Section section{fmt::format("{}{}{}", metric.name, metric.units.empty() ? "" : " in " + metric.units,
                              direction_text(metric.better)) +
                  (metric.unlike.empty() ? "" : " (not measured with the same)")};
  for (const std::string& key : grouping.keys) {
    section.table.columns.push_back({short_key(key)});
  }
  for (const std::string& heading :
       {std::string("seeds"), std::string("last: mean ± deviation"), percent(grouping.request.level) + " interval",
        std::string("best"), std::string("area")}) {
    section.table.columns.push_back({heading, Align::right});
  }
  for (size_t i = 0; i < grouping.groups.size(); ++i) {
    std::vector<Cell> row;
    for (const std::string& value : grouping.groups[i].values) {
      row.push_back({terminal::shortened(value, label_columns)});
    }
    const Spread& last = metric.last[i];
    row.push_back({fmt::format("{}", last.count)});
    row.push_back({mean_and_deviation(last)});
    row.push_back({interval_text(last.interval, last.deviation)});
    row.push_back({beside_deviation(metric.best[i].mean, metric.best[i].deviation)});
    row.push_back({beside_deviation(metric.area[i].mean, metric.area[i].deviation)});
    section.table.add(std::move(row));
  }
  section.lines = problems_of(grouping, metric);
  const std::vector<std::string> more = samples_text(grouping, metric);
  section.lines.insert(section.lines.end(), more.begin(), more.end());
  if (metric.unlike.empty()) {
    const std::vector<std::string> passport = passport_text(grouping, metric);
    section.lines.insert(section.lines.end(), passport.begin(), passport.end());
  }
  return section;
}

const GroupedMetric& metric_of(const Grouping& grouping, const Contrast& contrast) {
  return *std::ranges::find(grouping.metrics, contrast.metric, &GroupedMetric::name);
}

std::string short_label(const Grouping& grouping, size_t group) {
  return terminal::shortened(grouping.groups[group].label, label_columns);
}

std::string of_contrast(const Grouping& grouping, const Contrast& contrast) {
  return fmt::format("{} − {}", short_label(grouping, contrast.group), short_label(grouping, contrast.reference));
}

// What the differences vary by, where it is known.
double scale_of(const Grouping& grouping, const Contrast& contrast) {
  if (std::isfinite(contrast.deviation) && contrast.deviation > 0) {
    return contrast.deviation;
  }
  return metric_of(grouping, contrast).of(grouping.request.reading)[contrast.group].deviation;
}

Section contrasts_section(const Grouping& grouping, const std::string& metric) {
  const std::string by = grouping.keys.empty() ? "" : " by " + std::string(list_of(grouping.keys));
  Section section{fmt::format("{} {}: differences{}", metric, to_string(grouping.request.reading), by)};
  section.table.columns = {{"difference of"},        {"seeds", Align::right},
                           {"mean", Align::right},   {percent(grouping.request.level) + " interval", Align::right},
                           {"effect", Align::right}, {"p", Align::right},
                           {"Holm", Align::right}};
  for (const Contrast& contrast : grouping.contrasts) {
    if (contrast.metric != metric) {
      continue;
    }
    const double scale = scale_of(grouping, contrast);
    section.table.add(
        {{of_contrast(grouping, contrast)},
         {contrast.paired ? fmt::format("{} pairs", contrast.seeds)
                          : fmt::format("{}, {}", contrast.seeds, contrast.reference_seeds)},
         {beside_deviation(contrast.difference, scale)},
         {interval_text(contrast.interval, scale)},
         {std::isnan(contrast.effect) ? "–" : fmt::format("{:.2f}", contrast.effect)},
         {p_text(contrast.test.p)},
         {p_text(contrast.p_holm), contrast.settled ? terminal::Emphasis::good : terminal::Emphasis::none}});
    section.lines.push_back(fmt::format("{}: {}", of_contrast(grouping, contrast), verdict(grouping, contrast)));
    if (const OfSamples found = of_samples(grouping, contrast); found.samples > 0) {
      section.lines.push_back(fmt::format(
          "{}, over the {} test samples that both have: {}, {} interval {}, by bootstrap of their differences",
          of_contrast(grouping, contrast), terminal::grouped(static_cast<int64_t>(found.samples)),
          beside_deviation(found.mean, found.deviation), percent(grouping.request.level),
          interval_text(found.interval, found.deviation)));
    }
  }
  return section;
}

// What the figures of all contrasts are.
std::vector<std::string> explanations(const Grouping& grouping) {
  const auto some = [&](auto&& is) { return std::ranges::any_of(grouping.contrasts, is); };
  std::vector<std::string> lines;
  if (some([](const Contrast& one) { return one.paired; })) {
    std::string text =
        "pairs are runs of one seed, which begin with the same random numbers: the order of the data, and the initial "
        "weights where the models are alike. What these do to both is taken out of the noise";
    double least = 1, most = -1;
    for (const Contrast& one : grouping.contrasts) {
      if (std::isfinite(one.correlation)) {
        least = std::min(least, one.correlation);
        most = std::max(most, one.correlation);
      }
    }
    if (least < most) {
      text += fmt::format(" (the pairs' correlation is {:.2f} to {:.2f})", least, most);
    } else if (least == most) {
      text += fmt::format(" (the pairs' correlation is {:.2f})", least);
    }
    lines.push_back(text);
  }
  if (some([](const Contrast& one) { return !one.paired; })) {
    lines.push_back(
        "without pairs, seeds' own noise stays in the difference: the same seeds in all groups would show more");
  }
  if (!grouping.contrasts.empty()) {
    lines.push_back(
        fmt::format("p is of a permutation test ({}); Holm's correction is over the {} of this command; effects are {} "
                    "with Hedges' "
                    "correction",
                    some([](const Contrast& one) { return !one.test.exact; })
                        ? "of 99,999 arrangements drawn at random where there are too many"
                        : "exact",
                    grouping.contrasts.size() == 1 ? "one test" : fmt::format("{} tests", grouping.contrasts.size()),
                    some([](const Contrast& one) { return one.paired; }) ? "d_z" : "g"));
  }
  return lines;
}

std::vector<std::string> about_intervals(const Grouping& grouping) {
  constexpr size_t enough = 10;
  const bool few = std::ranges::any_of(grouping.groups, [](const Group& group) { return group.runs.size() < enough; });
  const bool one_alone = std::ranges::all_of(grouping.groups, [](const Group& group) { return group.runs.size() < 3; });
  std::vector<std::string> lines;
  if (!one_alone) {
    lines.push_back(
        fmt::format("intervals are of the mean over seeds, by bootstrap (BCa){}",
                    few ? "; of fewer than ten seeds they are too narrow: those at 95% of five seeds hold the "
                          "mean in 83 of 100 cases"
                        : ""));
  }
  return lines;
}

Section runs_section(const Grouping& grouping) {
  Section section{fmt::format("groups by {}", list_of(grouping.keys))};
  for (const std::string& key : grouping.keys) {
    section.table.columns.push_back({short_key(key)});
  }
  section.table.columns.push_back({"runs", Align::right});
  section.table.columns.push_back({"left out", Align::right});
  section.table.columns.push_back({"seeds", Align::left, true});
  for (const Group& group : grouping.groups) {
    std::vector<std::string> seeds;
    for (const size_t run : group.runs) {
      seeds.push_back(fmt::format("{}", grouping.runs[run].seed));
    }
    std::vector<Cell> row;
    for (const std::string& value : group.values) {
      row.push_back({terminal::shortened(value, label_columns)});
    }
    constexpr size_t most = 60;
    row.push_back({fmt::format("{}", group.runs.size())});
    row.push_back({fmt::format("{}", group.left_out)});
    row.push_back({terminal::shortened(fmt::format("{}", fmt::join(seeds, " ")), most)});
    section.table.add(std::move(row));
  }
  constexpr size_t most = 8;
  for (size_t i = 0; i < std::min(grouping.left_out.size(), most); ++i) {
    const LeftOut& one = grouping.left_out[i];
    section.lines.push_back(fmt::format("left out: {} ({}): {}", grouping.labels[one.run],
                                        grouping.runs[one.run].path.string(), one.reason));
  }
  if (grouping.left_out.size() > most) {
    section.lines.push_back(fmt::format("and {} more are left out; --json lists all", grouping.left_out.size() - most));
  }
  for (const Run& run : grouping.broken) {
    section.lines.push_back(fmt::format("broken: {}", run.problem));
  }
  section.lines.insert(section.lines.end(), grouping.notes.begin(), grouping.notes.end());
  return section;
}

std::string more_seeds(const Contrast& contrast) {
  const char* const of_each = contrast.paired ? "pairs" : "seeds of each";
  const size_t now = contrast.paired ? contrast.seeds : std::min(contrast.seeds, contrast.reference_seeds);
  if (!std::isfinite(contrast.effect)) {
    return "";
  }
  if (!contrast.seeds_needed) {
    return fmt::format("; if the difference stays as it is, it takes more than {} {} to settle it",
                       terminal::grouped(static_cast<int64_t>(most_seeds)), of_each);
  }
  return *contrast.seeds_needed > now
             ? fmt::format(
                   "; if the difference stays as it is, about {} {} in all settle it four times in five, {} more",
                   *contrast.seeds_needed, of_each, *contrast.seeds_needed - now)
             : "; if the difference stays as it is, so many seeds settle it four times in five, and did not this time";
}

}  // namespace

std::string verdict(const Grouping& grouping, const Contrast& contrast) {
  if (std::isnan(contrast.test.p)) {
    return fmt::format("no test: {}", to_string(contrast.test.lack));
  }
  const std::string left_out =
      contrast.without_partner == 0
          ? ""
          : fmt::format(" ({} values have no partner of their seed and count for nothing)", contrast.without_partner);
  if (contrast.settled) {
    const bool larger = contrast.difference > 0;
    const std::string& first = grouping.groups[contrast.group].label;
    const std::string& second = grouping.groups[contrast.reference].label;
    return has_better(contrast.better)
               ? fmt::format("{} is better{}",
                             larger == (contrast.better == catalog::Direction::larger) ? first : second, left_out)
               : fmt::format("{} is larger{}", larger ? first : second, left_out);
  }
  if (contrast.smallest_p_holm > grouping.alpha()) {
    const std::string tests =
        contrast.smallest_p_holm > contrast.smallest_p
            ? fmt::format(", {} among the tests of this command", p_text(contrast.smallest_p_holm))
            : "";
    return fmt::format(
        "so few seeds cannot show it: their p is at least {}{}; {}{}{}", p_text(contrast.smallest_p), tests,
        contrast.seeds_for_smallest ? fmt::format("it takes {} {} at least", *contrast.seeds_for_smallest,
                                                  contrast.paired ? "pairs" : "seeds of each")
                                    : "no number of seeds is enough",
        more_seeds(contrast), left_out);
  }
  return fmt::format("not settled{}{}", more_seeds(contrast), left_out);
}

std::vector<Section> sections_of(const Grouping& grouping) {
  std::vector<Section> sections{runs_section(grouping)};
  for (const GroupedMetric& metric : grouping.metrics) {
    sections.push_back(metric_section(grouping, metric));
  }
  sections.push_back({"", {}, about_intervals(grouping)});
  for (const GroupedMetric& metric : grouping.metrics) {
    if (std::ranges::find(grouping.contrasts, metric.name, &Contrast::metric) != grouping.contrasts.end()) {
      sections.push_back(contrasts_section(grouping, metric.name));
    }
  }
  sections.push_back({"", {}, explanations(grouping)});
  return sections;
}

}  // namespace atelier::compare
