#include "compare/metrics_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/error.hpp"
#include "base/terminal_table.hpp"
#include "compare/csv.hpp"
#include "compare/nan.hpp"

namespace atelier::compare {
namespace {

struct Column {
  std::string name;
  std::vector<int64_t> steps;
  std::vector<double> values;  // as long as each other
};

std::vector<Column> columns_of(Run& run) {
  std::vector<Column> columns;
  for (Series& series : run.metrics) {
    columns.push_back({series.full_name(), std::move(series.steps), std::move(series.values)});
  }
  return columns;
}

void add_timing(const runlog::Reader& log, std::vector<Column>& columns) {
  for (const runlog::Cadence& cadence : log.description().cadences) {
    runlog::TimingSeries timing = log.timing(cadence.name);
    const std::string prefix = "timing/" + cadence.name + "/";
    columns.push_back({prefix + "wall_seconds", timing.steps, std::move(timing.wall_seconds)});
    columns.push_back({prefix + "samples_per_second", std::move(timing.steps), std::move(timing.samples_per_second)});
  }
}

// By the steps that some column has.
class Rows {
 public:
  explicit Rows(const std::vector<Column>& columns) {
    for (const Column& column : columns) {
      steps_.insert(steps_.end(), column.steps.begin(), column.steps.end());
    }
    std::ranges::sort(steps_);
    steps_.erase(std::unique(steps_.begin(), steps_.end()), steps_.end());
  }

  [[nodiscard]] const std::vector<int64_t>& steps() const { return steps_; }
  [[nodiscard]] std::vector<double> values_of(const std::vector<int64_t>& steps,
                                              const std::vector<double>& values) const {
    std::vector<double> out(steps_.size(), nan);
    put(steps, values, out);
    return out;
  }
  void put(const std::vector<int64_t>& steps, const std::vector<double>& values, std::vector<double>& into) const {
    for (size_t i = 0; i < std::min(steps.size(), values.size()); ++i) {
      into[static_cast<size_t>(std::ranges::lower_bound(steps_, steps[i]) - steps_.begin())] = values[i];
    }
  }

 private:
  std::vector<int64_t> steps_;
};

}  // namespace

std::string metrics_csv(const std::filesystem::path& log, bool timing) {
  Run run = read_run(log);
  if (run.state == State::broken) {
    throw Error(ErrorKind::file, run.problem);
  }
  std::vector<std::pair<std::vector<int64_t>, std::vector<double>>> epochs;
  for (const Series& series : run.metrics) {
    epochs.emplace_back(series.steps, series.epochs);
  }
  std::vector<Column> columns = columns_of(run);
  if (timing) {
    add_timing(runlog::Reader(log), columns);
  }
  const Rows rows(columns);
  std::vector<double> epoch(rows.steps().size(), nan);
  for (const auto& [steps, values] : epochs) {
    rows.put(steps, values, epoch);
  }
  std::vector<std::string> heading{"step", "epoch"};
  std::vector<std::vector<double>> values;
  for (const Column& column : columns) {
    heading.push_back(column.name);
    values.push_back(rows.values_of(column.steps, column.values));
  }
  std::string text = terminal::csv_record(heading);
  for (size_t row = 0; row < rows.steps().size(); ++row) {
    std::vector<std::string> record{fmt::format("{}", rows.steps()[row]), csv_cell(epoch[row])};
    for (const std::vector<double>& column : values) {
      record.push_back(csv_cell(column[row]));
    }
    text += terminal::csv_record(record);
  }
  return text;
}

}  // namespace atelier::compare
