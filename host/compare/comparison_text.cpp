// A comparison for a terminal, and as comma-separated values.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "base/printable.hpp"
#include "base/sparkline.hpp"
#include "base/terminal_table.hpp"
#include "compare/comparison.hpp"
#include "runlog/creation_time.hpp"

namespace atelier::compare {
namespace {

constexpr size_t curve_columns = 40;
constexpr size_t setting_columns = 24;  // of a value; a longer one is shortened

std::string heading(const std::string& text, const terminal::Layout& layout) {
  return fmt::format("\n{}\n", terminal::emphasized(text, terminal::Emphasis::strong, layout.colour));
}

std::string legend(const Comparison& comparison, const terminal::Layout& layout) {
  terminal::TextTable table{{{"run"}, {"name"}, {"status"}, {"created"}, {"path"}}, {}};
  const bool tagged = std::ranges::any_of(comparison.runs, [](const Run& run) { return !run.tags.empty(); });
  if (tagged) {
    table.columns.push_back({"tags"});
  }
  std::string notes;
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
    table.add(std::move(row));
    for (const runlog::Note& note : run.notes) {
      notes += fmt::format("note of {}, {}: {}\n", comparison.labels[i], runlog::whole_seconds(note.utc),
                           printable(note.text));
    }
  }
  std::string text = comparison.runs.empty() ? "" : to_text(table, layout) + notes;
  for (const auto& run : comparison.broken) {
    text += terminal::emphasized("broken", emphasis_of(run.state), layout.colour) + ": " + run.problem + "\n";
  }
  return text;
}

// A table with a column for each run.
terminal::TextTable table_of_runs(const Comparison& comparison, const std::string& first_heading) {
  terminal::TextTable table{{{first_heading}}, {}};
  for (size_t i = 0; i < comparison.labels.size(); ++i) {
    const State state = comparison.runs[i].state;
    const std::string mark = state == State::finished ? "" : fmt::format(" ({})", to_string(state));
    table.columns.push_back({comparison.labels[i] + mark, terminal::Align::right});
  }
  return table;
}

std::string settings(const Comparison& comparison, const terminal::Layout& layout) {
  if (comparison.differences.empty()) {
    return "all settings are the same\n";
  }
  terminal::TextTable table = table_of_runs(comparison, "setting");
  for (const auto& difference : comparison.differences) {
    std::vector<terminal::Cell> row{{difference.key}};
    for (const auto& value : difference.values) {
      row.push_back({value.empty() ? "–" : terminal::shortened(terminal::unquoted(value), setting_columns)});
    }
    table.add(std::move(row));
  }
  return to_text(table, layout);
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

std::string results(const Comparison& comparison, const terminal::Layout& layout) {
  terminal::TextTable table = table_of_runs(comparison, "result");
  for (const auto& result : comparison.results) {
    std::vector<terminal::Cell> row{{result.name == "seconds" ? "time" : result.name}};
    for (size_t i = 0; i < result.values.size(); ++i) {
      const std::string text = value_text(result, result.values[i]);
      row.push_back(result.is_best(i) ? terminal::Cell{fmt::format("* {}", text), terminal::Emphasis::good}
                                      : terminal::Cell{text});
    }
    table.add(std::move(row));
  }
  return to_text(table, layout);
}

// Why rows have no mark where one could be expected.
std::string unmarked(const Comparison& comparison) {
  std::set<std::string> reasons;
  for (const auto& result : comparison.results) {
    if (has_better(result.better) && !result.runs_differ_in.empty()) {
      reasons.insert(fmt::format("{}", fmt::join(result.runs_differ_in, ", ")));
    }
  }
  std::string text;
  for (const auto& reason : reasons) {
    text += fmt::format("none is marked as the best where the runs differ in what is measured: {}\n", reason);
  }
  return text;
}

std::string curves(const Comparison& comparison, const terminal::Layout& layout) {
  terminal::TextTable table{{{"run"}, {"last", terminal::Align::right}, {"curve"}}, {}};
  for (size_t i = 0; i < comparison.runs.size(); ++i) {
    const Series* const series = comparison.runs[i].find(comparison.metric);
    table.add({{comparison.labels[i]},
               {series == nullptr ? "–" : terminal::number_text(series->last())},
               {series == nullptr ? "" : terminal::sparkline(series->values, curve_columns)}});
  }
  return to_text(table, layout);
}

}  // namespace

std::string to_text(const Comparison& comparison, const terminal::Layout& layout) {
  std::string text = legend(comparison, layout);
  if (comparison.runs.empty()) {
    return text;
  }
  text += heading("settings that differ", layout) + settings(comparison, layout);
  text += heading(has_mark(comparison) ? "results (* is best)" : "results", layout) + results(comparison, layout) +
          unmarked(comparison);
  if (!comparison.metric.empty()) {
    text += heading(comparison.metric, layout) + curves(comparison, layout);
  }
  return text;
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
