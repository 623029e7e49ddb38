// A comparison for a terminal, and as comma-separated values.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "base/sparkline.hpp"
#include "base/terminal_table.hpp"
#include "compare/comparison.hpp"
#include "compare/passports.hpp"
#include "compare/test_samples.hpp"
#include "runlog/creation_time.hpp"

namespace atelier::compare {
namespace {

constexpr size_t setting_columns = 24;  // of a value; a longer one is shortened

Section legend(const Comparison& comparison) {
  Section section{"", {{{"run"}, {"name"}, {"status"}, {"created"}, {"path"}}, {}}};
  const bool tagged = std::ranges::any_of(comparison.runs, [](const Run& run) { return !run.tags.empty(); });
  if (tagged) {
    section.table.columns.push_back({"tags"});
  }
  for (size_t i = 0; i < comparison.runs.size(); ++i) {
    const Run& run = comparison.runs[i];
    std::vector<terminal::Cell> row{{comparison.labels[i]},
                                    {run.name},
                                    {to_string(run.state), emphasis_of(run.state)},
                                    {runlog::whole_seconds(run.created_utc)},
                                    {run.path.string()}};
    if (tagged) {
      row.push_back({fmt::format("{}", fmt::join(run.tags, ", "))});
    }
    section.table.add(std::move(row));
    for (const runlog::Note& note : run.notes) {
      section.lines.push_back(
          fmt::format("note of {}, {}: {}", comparison.labels[i], runlog::whole_seconds(note.utc), note.text));
    }
  }
  for (const auto& run : comparison.broken) {
    section.lines.push_back(fmt::format("broken: {}", run.problem));
  }
  return section;
}

// Of each run, one after the other, what stands in one line: a setting or a result.
struct Line {
  std::string heading;
  std::vector<terminal::Cell> cells;
};

// Runs side by side, or, of many, one below the other.
terminal::TextTable table_of_runs(const Comparison& comparison, const std::string& what,
                                  const std::vector<Line>& lines) {
  constexpr size_t most_beside = 8;
  std::vector<std::string> runs;
  for (size_t i = 0; i < comparison.runs.size(); ++i) {
    const State state = comparison.runs[i].state;
    runs.push_back(comparison.labels[i] + (state == State::finished ? "" : fmt::format(" ({})", to_string(state))));
  }
  terminal::TextTable table;
  if (runs.size() <= most_beside) {
    table.columns = {{what}};
    for (const std::string& run : runs) {
      table.columns.push_back({run, terminal::Align::right});
    }
    for (const Line& line : lines) {
      std::vector<terminal::Cell> row{{line.heading}};
      row.insert(row.end(), line.cells.begin(), line.cells.end());
      table.add(std::move(row));
    }
    return table;
  }
  table.columns = {{"run"}};
  for (const Line& line : lines) {
    table.columns.push_back({line.heading, terminal::Align::right});
  }
  for (size_t i = 0; i < runs.size(); ++i) {
    std::vector<terminal::Cell> row{{runs[i]}};
    for (const Line& line : lines) {
      row.push_back(line.cells[i]);
    }
    table.add(std::move(row));
  }
  return table;
}

Section settings(const Comparison& comparison) {
  Section section{"settings that differ"};
  std::vector<Line> lines;
  for (const auto& difference : comparison.differences) {
    Line& line = lines.emplace_back(Line{difference.key, {}});
    for (const auto& value : difference.values) {
      line.cells.push_back({value.empty() ? "–" : terminal::shortened(terminal::unquoted(value), setting_columns)});
    }
  }
  if (lines.empty()) {
    section.lines = {"all settings are the same"};
  } else {
    section.table = table_of_runs(comparison, "setting", lines);
  }
  return section;
}

std::string value_text(const Result& result, double value) {
  if (std::isnan(value)) {
    return "–";
  }
  if (result.name == "seconds") {
    return terminal::duration_text(value);
  }
  const bool counts = result.name == "steps" || result.name == "samples/s";
  return counts ? terminal::grouped(std::llround(value)) : terminal::number_text(value);
}

bool has_mark(const Comparison& comparison) {
  for (const auto& result : comparison.results) {
    for (size_t run = 0; run < comparison.runs.size(); ++run) {
      if (result.is_best(run)) {
        return true;
      }
    }
  }
  return false;
}

// Of the metrics that are shown side by side, what they were measured with: it is the same for all that have them.
std::vector<std::string> passport_lines(const Comparison& comparison) {
  std::map<std::string, std::set<std::string>> texts;
  for (const Run& run : comparison.runs) {
    for (const Passport& passport : passports_of(run)) {
      texts[passport.metric].insert(measured_with_text(passport));
    }
  }
  std::vector<std::string> lines;
  for (const auto& [metric, all] : texts) {
    if (all.size() == 1) {
      lines.push_back(fmt::format("{}: {}", metric, *all.begin()));
    }
  }
  return lines;
}

Section results(const Comparison& comparison, bool anyway) {
  Section section{has_mark(comparison) ? "results (* is best)" : "results"};
  std::vector<Line> lines;
  std::set<std::string> refused;
  for (const auto& result : comparison.results) {
    const std::string metric = result.name.substr(0, result.name.rfind(' '));
    const std::string reason = fmt::format("{}", fmt::join(texts_of(result.unlike), "; "));
    if (!reason.empty() && !anyway) {
      if (refused.insert(metric).second) {
        section.lines.push_back(
            fmt::format("{} is not shown side by side: it was not measured with the same: {}; "
                        "hint: --anyway shows it",
                        metric, reason));
      }
      continue;
    }
    Line& line =
        lines.emplace_back(Line{(result.name == "seconds" ? "time" : result.name) + (reason.empty() ? "" : " !"), {}});
    for (size_t i = 0; i < result.values.size(); ++i) {
      const std::string text = value_text(result, result.values[i]);
      line.cells.push_back(result.is_best(i) ? terminal::Cell{fmt::format("* {}", text), terminal::Emphasis::good}
                                             : terminal::Cell{text});
    }
    if (!reason.empty() && refused.insert(metric).second) {
      section.lines.push_back(fmt::format("! {} was not measured with the same: {}", metric, reason));
    }
  }
  section.table = table_of_runs(comparison, "result", lines);
  const std::vector<std::string> passports = passport_lines(comparison);
  section.lines.insert(section.lines.end(), passports.begin(), passports.end());
  return section;
}

// What two runs differ by beyond which samples the test split has; nothing is said of other seeds.
Section section_of(const Comparison& comparison, const std::vector<OverSamples>& over_samples) {
  Section section{comparison.metric + " over the test samples"};
  section.table.columns = {{"difference of"},
                           {"samples", terminal::Align::right},
                           {"mean", terminal::Align::right},
                           {"95% interval", terminal::Align::right}};
  for (const OverSamples& one : over_samples) {
    const OfSamples& found = one.difference;
    section.table.add({{fmt::format("{} − {}", comparison.labels[one.run], comparison.labels[one.reference])},
                       {terminal::grouped(static_cast<int64_t>(found.samples))},
                       {beside_deviation(found.mean, found.deviation)},
                       {found.interval.lack != statistics::Lack::none
                            ? "–"
                            : fmt::format("[{}, {}]", beside_deviation(found.interval.low, found.deviation),
                                          beside_deviation(found.interval.high, found.deviation))}});
  }
  section.lines = {
      "by bootstrap of the samples' differences: what other test samples would have given these very weights; what "
      "other seeds would give is another thing (--by)"};
  return section;
}

Section curves(const Comparison& comparison, bool anyway) {
  const auto of_metric = std::ranges::find(comparison.results, comparison.metric + " last", &Result::name);
  const bool comparable = anyway || of_metric == comparison.results.end() || of_metric->unlike.empty();
  Section section{comparison.metric, {{{"run"}, {"last", terminal::Align::right}, {"curve"}}, {}}};
  for (size_t i = 0; i < comparison.runs.size(); ++i) {
    const Series* const series = comparison.runs[i].find(comparison.metric);
    section.table.add({{comparison.labels[i]},
                       {series == nullptr || !comparable ? "–" : terminal::number_text(series->last())},
                       {series == nullptr ? "" : terminal::sparkline(series->values, terminal::curve_columns)}});
  }
  return section;
}

}  // namespace

std::vector<Section> sections_of(const Comparison& comparison, bool anyway) {
  std::vector<Section> sections{legend(comparison)};
  if (comparison.runs.empty()) {
    return sections;
  }
  sections.push_back(settings(comparison));
  sections.push_back(results(comparison, anyway));
  if (const std::vector<OverSamples> found = over_samples(comparison); !found.empty()) {
    sections.push_back(section_of(comparison, found));
  }
  if (!comparison.metric.empty()) {
    sections.push_back(curves(comparison, anyway));
  }
  return sections;
}

std::string to_csv(const Comparison& comparison) {
  std::vector<std::string> header{"run", "name", "status", "path"};
  for (const auto& difference : comparison.differences) {
    header.push_back(difference.key);
  }
  for (const auto& result : comparison.results) {
    header.push_back(result.name);
  }
  std::string text = terminal::csv_record(header);
  for (size_t i = 0; i < comparison.runs.size(); ++i) {
    const Run& run = comparison.runs[i];
    std::vector<std::string> record{comparison.labels[i], run.name, to_string(run.state), run.path.string()};
    for (const auto& difference : comparison.differences) {
      record.push_back(terminal::unquoted(difference.values[i]));
    }
    for (const auto& result : comparison.results) {
      record.push_back(std::isnan(result.values[i]) ? "" : fmt::format("{}", result.values[i]));
    }
    text += terminal::csv_record(record);
  }
  for (const auto& run : comparison.broken) {
    std::vector<std::string> record{"", "", to_string(run.state), run.path.string()};
    record.resize(header.size());
    text += terminal::csv_record(record);
  }
  return text;
}

}  // namespace atelier::compare
