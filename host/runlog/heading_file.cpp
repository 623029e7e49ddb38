#include "runlog/heading_file.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include "runlog/annotations_file.hpp"
#include "runlog/hdf5_array.hpp"
#include "runlog/hdf5_text.hpp"
#include "runlog/layout.hpp"
#include "runlog/series.hpp"

namespace atelier::runlog {

namespace {

using hdf5::Handle;
using hdf5::Type;

int64_t rows_of(hid_t column, Type type) {
  return hdf5::shape_of(column, type, 1, 1).front();
}

double value_at(hid_t column, int64_t row) {
  double value = 0;
  hdf5::read_rows(column, row, 1, std::span(&value, 1));
  return value;
}

// The rows of `column` that its final value comes from: all of an evaluation's first `rows`; of a column that may be
// long, those at its end, from one that has a value.
struct Rows {
  std::vector<int64_t> steps;
  std::vector<double> values;
};
Rows telling_rows(hid_t column, const std::vector<int64_t>& steps, int64_t rows, bool all) {
  constexpr int64_t block = 512;
  std::vector<double> values;
  for (int64_t end = rows; end > 0; end -= std::ssize(values)) {
    values.resize(static_cast<size_t>(all ? end : std::min(end, block)));
    const int64_t first = end - std::ssize(values);
    hdf5::read_rows(column, first, std::ssize(values), std::span(values));
    if (all || !std::ranges::all_of(values, [](double value) { return std::isnan(value); })) {
      return {{steps.begin() + first, steps.begin() + end}, values};
    }
  }
  return {};
}

void read_metrics(Heading& heading, hid_t file, const Cadence& cadence) {
  const Handle group = hdf5::open_group(file, "metrics/" + cadence.name);
  const std::vector<int64_t> steps = read_steps(group);
  const int64_t whole =
      std::min(static_cast<int64_t>(whole_rows(steps)), rows_of(hdf5::open_dataset(group, "epoch"), Type::f64));
  for (const MetricColumn& metric : cadence.metrics) {
    const Handle column = hdf5::open_dataset(group, metric.name);
    const int64_t rows = std::min(whole, rows_of(column, Type::f64));
    const Rows telling = telling_rows(column, steps, rows, cadence.name == "eval");
    heading.metrics.push_back(final_value(cadence, metric, telling.steps, telling.values));
  }
}

void read_timing(Heading& heading, hid_t file, const std::string& cadence) {
  const Handle group = hdf5::open_group(file, "timing/" + cadence);
  const std::vector<int64_t> steps = read_steps(group);
  const Handle seconds = hdf5::open_dataset(group, "wall_seconds");
  const Handle speeds = hdf5::open_dataset(group, "samples_per_second");
  const int64_t rows =
      std::min({static_cast<int64_t>(whole_rows(steps)), rows_of(seconds, Type::f64), rows_of(speeds, Type::f64)});
  if (rows == 0) {
    return;
  }
  heading.steps = std::max(heading.steps, steps[static_cast<size_t>(rows) - 1]);
  heading.seconds = std::max(heading.seconds, value_at(seconds, rows - 1));
  if (cadence == "train") {
    std::vector<double> values(static_cast<size_t>(rows));
    hdf5::read_rows(speeds, 0, rows, std::span(values));
    heading.samples_per_second = median_speed(std::move(values));
  }
}

std::vector<std::string> runs_used(const RunDescription& description) {
  std::vector<std::string> ids;
  if (!description.provenance.start_run_id.empty()) {
    ids.push_back(description.provenance.start_run_id);
  }
  for (const ForeignRun& run : description.foreign) {
    ids.push_back(run.run_id);
  }
  return ids;
}

}  // namespace

Heading read_heading(hid_t file) {
  const RunDescription description = read_description(file);  // whole: a log is broken as a whole
  Heading heading;
  heading.run_id = description.run_id;
  heading.name = description.name;
  heading.created_utc = description.created_utc;
  heading.status = read_status(file);
  heading.exit_reason = hdf5::read_text_attribute(file, "exit_reason");
  heading.seed = description.seed;
  heading.tags = description.tags;
  heading.notes = read_notes(file);
  heading.resolved = description.resolved;
  heading.directory = description.directory;
  heading.uses = runs_used(description);
  for (const Cadence& cadence : description.cadences) {
    read_metrics(heading, file, cadence);
    read_timing(heading, file, cadence.name);
  }
  return heading;
}

}  // namespace atelier::runlog
