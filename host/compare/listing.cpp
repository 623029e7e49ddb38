#include "compare/listing.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>

#include "base/terminal_table.hpp"
#include "compare/csv.hpp"

namespace atelier::compare {

std::vector<ListedColumn> usual_columns(const std::vector<RunSummary>& runs) {
  const auto some = [&](auto member) {
    return std::ranges::any_of(runs, [&](const RunSummary& run) { return !(run.*member).empty(); });
  };
  std::vector<ListedColumn> columns;
  for (const std::string fact : {"name", "id", "status", "created", "steps", "best", "tags", "notes", "path"}) {
    if ((fact != "tags" || some(&RunSummary::tags)) && (fact != "notes" || some(&RunSummary::notes))) {
      columns.push_back({fact, {Key::Kind::fact, fact}});
    }
  }
  return columns;
}

std::string listing_text(const std::vector<RunSummary>& runs, const terminal::Layout& layout) {
  return listing_text(runs, layout, usual_columns(runs));
}

std::string listing_text(const std::vector<RunSummary>& runs, const terminal::Layout& layout,
                         const std::vector<ListedColumn>& columns) {
  terminal::TextTable table;
  for (const ListedColumn& column : columns) {
    table.columns.push_back(
        {column.heading, is_number(runs, column.key) ? terminal::Align::right : terminal::Align::left});
  }
  std::string problems;
  for (const RunSummary& run : runs) {
    std::vector<terminal::Cell> row;
    for (const ListedColumn& column : columns) {
      const bool status = column.key.kind == Key::Kind::fact && column.key.name == "status";
      row.push_back({shown(run, column.key), status ? emphasis_of(run.state) : terminal::Emphasis::none});
    }
    table.add(std::move(row));
    problems += run.state == State::broken ? fmt::format("broken: {}\n", run.problem) : "";
  }
  constexpr size_t repeated = 2;  // columns, in every block of a table that is too wide
  return to_text(table, layout, std::min(repeated, columns.size())) + (problems.empty() ? "" : "\n" + problems);
}

std::string listing_csv(const std::vector<RunSummary>& runs) {
  std::string text = terminal::csv_record({"name", "id", "status", "created_utc", "seed", "tags", "steps",
                                           "best_metric", "best_value", "best_step", "path", "reason"});
  for (const auto& run : runs) {
    const bool evaluated = !std::isnan(run.best.value);
    text +=
        terminal::csv_record({run.name, run.run_id, to_string(run.state), run.created_utc, fmt::format("{}", run.seed),
                              csv_cell(value_of(run, {Key::Kind::fact, "tags"})), fmt::format("{}", run.steps),
                              evaluated ? run.best.metric : "", csv_cell(run.best.value),
                              evaluated ? fmt::format("{}", run.best.step) : "", run.path.string(), run.problem});
  }
  return text;
}

std::string listing_csv(const std::vector<RunSummary>& runs, const std::vector<ListedColumn>& columns) {
  std::vector<std::string> header;
  std::ranges::transform(columns, std::back_inserter(header), &ListedColumn::heading);
  std::string text = terminal::csv_record(header);
  for (const RunSummary& run : runs) {
    std::vector<std::string> record;
    for (const ListedColumn& column : columns) {
      record.push_back(csv_cell(value_of(run, column.key)));
    }
    text += terminal::csv_record(record);
  }
  return text;
}

}  // namespace atelier::compare
