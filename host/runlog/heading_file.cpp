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

// Rows of `column` from which its final value is known: all of its first `rows`; or those at its end, from one that has
// a value.
struct Rows {
  int64_t first = 0;
  std::vector<double> values;
};
Rows telling_rows(hid_t column, int64_t rows, bool all) {
  constexpr int64_t block = 512;
  std::vector<double> values;
  for (int64_t end = rows; end > 0; end -= std::ssize(values)) {
    values.resize(static_cast<size_t>(all ? end : std::min(end, block)));
    const int64_t first = end - std::ssize(values);
    hdf5::read_rows(column, first, std::ssize(values), std::span(values));
    if (all || !std::ranges::all_of(values, [](double value) { return std::isnan(value); })) {
      return {first, values};
    }
  }
  return {};
}

// The columns of a cadence, each of which may be longer than what is whole.
class ColumnsInFile {
 public:
  ColumnsInFile(hid_t file, const Cadence& cadence)
      : cadence_(cadence),
        group_(hdf5::open_group(file, "metrics/" + cadence.name)),
        steps_(read_steps(group_)),
        epoch_(hdf5::open_dataset(group_, "epoch")),
        rows_(std::min(static_cast<int64_t>(whole_rows(steps_)), rows_of(epoch_, Type::f64))) {}

  [[nodiscard]] Rows telling(const MetricColumn& metric, bool all) const {
    const Handle column = hdf5::open_dataset(group_, metric.name);
    return telling_rows(column, std::min(rows_, rows_of(column, Type::f64)), all);
  }
  [[nodiscard]] FinalValue final_of(const MetricColumn& metric, const Rows& rows) const {
    return final_value(cadence_, metric, steps_of(rows), rows.values);
  }
  // Without rows that have no value; and, where not `all`, with the last that has one alone.
  [[nodiscard]] MetricSeries series(const Rows& rows, bool all) const {
    std::vector<double> epochs(rows.values.size());
    if (!epochs.empty()) {
      hdf5::read_rows(epoch_, rows.first, std::ssize(epochs), std::span(epochs));
    }
    MetricSeries out;
    for (size_t i = 0; i < rows.values.size(); ++i) {
      if (std::isnan(rows.values[i])) {
        continue;
      }
      if (!all) {
        out = {};
      }
      out.steps.push_back(steps_[static_cast<size_t>(rows.first) + i]);
      out.epochs.push_back(epochs[i]);
      out.values.push_back(rows.values[i]);
    }
    return out;
  }

 private:
  [[nodiscard]] std::vector<int64_t> steps_of(const Rows& rows) const {
    const auto begin = steps_.begin() + rows.first;
    return {begin, begin + std::ssize(rows.values)};
  }

  const Cadence& cadence_;
  Handle group_;
  std::vector<int64_t> steps_;
  Handle epoch_;
  int64_t rows_;
};

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

// By its name with or without its cadence; "*" is every name.
bool is_among(const std::vector<std::string>& names, const std::string& full_name) {
  return std::ranges::any_of(names, [&](const std::string& name) {
    return name == "*" || full_name == name || full_name.ends_with("/" + name);
  });
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

namespace {

// All but what the metrics come to.
Heading heading_of(hid_t file, const RunDescription& description) {
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
    read_timing(heading, file, cadence.name);
  }
  return heading;
}

}  // namespace

Heading read_heading(hid_t file) {
  const RunDescription description = read_description(file);  // whole: a log is broken as a whole
  Heading heading = heading_of(file, description);
  for (const Cadence& cadence : description.cadences) {
    const ColumnsInFile rows(file, cadence);
    for (const MetricColumn& metric : cadence.metrics) {
      heading.metrics.push_back(rows.final_of(metric, rows.telling(metric, cadence.name == "eval")));
    }
  }
  return heading;
}

RunRows read_run_rows(hid_t file, const std::vector<std::string>& whole) {
  RunRows run;
  run.description = read_description(file);
  run.heading = heading_of(file, run.description);
  for (const Cadence& cadence : run.description.cadences) {
    const ColumnsInFile rows(file, cadence);
    for (const MetricColumn& metric : cadence.metrics) {
      const bool all = cadence.name != "train" || is_among(whole, cadence.name + "/" + metric.name);
      const Rows telling = rows.telling(metric, all);
      run.heading.metrics.push_back(rows.final_of(metric, telling));
      run.metrics.push_back(rows.series(telling, all));
    }
  }
  return run;
}

}  // namespace atelier::runlog
