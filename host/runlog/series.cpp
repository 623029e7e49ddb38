#include "runlog/series.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <functional>
#include <limits>

#include "runlog/dropped.hpp"
#include "runlog/hdf5_array.hpp"
#include "runlog/hdf5_text.hpp"

namespace atelier::runlog {

namespace {

using hdf5::Handle;
using hdf5::Type;

constexpr int64_t chunk_rows = 512;             // 4 KiB of float64 or int64
constexpr int64_t block_rows = 8 * chunk_rows;  // that are read at once, of however many

void make_column(hid_t group, const MetricColumn& metric, hid_t steps) {
  const Handle column = hdf5::make_growing(group, metric.name, Type::f64, {}, chunk_rows, false);
  hdf5::attach(column, {steps});
  for (const auto& [name, text] :
       {std::pair("units", &metric.units), {"better", &metric.better}, {"long_name", &metric.help}}) {
    if (!text->empty()) {
      hdf5::write_attribute(column, name, *text);
    }
  }
}

int64_t steps_in(hid_t steps) {
  return hdf5::shape_of(steps, Type::i64, 1, 1).front();
}

int64_t step_in(hid_t steps, int64_t row) {
  int64_t step = 0;
  hdf5::read_rows(steps, row, 1, std::span(&step, 1));
  return step;
}

int64_t last_step_in(hid_t steps, int64_t rows) {
  return rows == 0 ? -1 : step_in(steps, rows - 1);
}

// Rows of a series of `rows` that is to end at `step`. Those at the end may be empty (step 0).
int64_t rows_up_to(hid_t steps, int64_t rows, int64_t step) {
  std::vector<int64_t> block;
  int64_t before = std::numeric_limits<int64_t>::min();
  for (int64_t first = 0; first < rows; first += block_rows) {
    block.resize(static_cast<size_t>(std::min(block_rows, rows - first)));
    hdf5::read_rows(steps, first, std::ssize(block), std::span(block));
    for (size_t i = 0; i < block.size(); ++i) {
      if (block[i] <= before || block[i] > step) {
        return first + static_cast<int64_t>(i);
      }
      before = block[i];
    }
  }
  return rows;
}

}  // namespace

Handle make_steps(hid_t group) {
  Handle steps = hdf5::make_growing(group, "step", Type::i64, {}, chunk_rows, false);
  hdf5::make_scale(steps, "step");
  return steps;
}

void make_cadence(hid_t file, const Cadence& cadence) {
  const Handle metrics = hdf5::make_group(file, "metrics/" + cadence.name);
  if (!cadence.split.empty()) {
    hdf5::write_attribute(metrics, "split", cadence.split);
  }
  const Handle steps = make_steps(metrics);
  make_column(metrics, {"epoch", ""}, steps);
  for (const MetricColumn& metric : cadence.metrics) {
    make_column(metrics, metric, steps);
  }
  const Handle timing = hdf5::make_group(file, "timing/" + cadence.name);
  const Handle timing_steps = make_steps(timing);
  make_column(timing, {"wall_seconds", "s"}, timing_steps);
  make_column(timing, {"samples_per_second", ""}, timing_steps);
}

void make_tensors(hid_t file, const TensorSeries& series, Type type) {
  const Handle group = hdf5::make_group(file, "tensors/" + series.name);
  const Handle steps = make_steps(group);
  std::vector<Handle> scales;
  std::vector<hid_t> axes{steps};
  for (size_t axis = 0; axis < series.shape.rank(); ++axis) {
    const std::string name = series.axes.empty() ? fmt::format("axis_{}", axis + 1) : series.axes[axis];
    scales.push_back(hdf5::make_unwritten_scale(group, name, series.shape[axis]));
    axes.push_back(scales.back());
  }
  hdf5::attach(hdf5::make_growing(group, "values", type, series.shape.dims(), 1, true), axes);
}

size_t whole_rows(const std::vector<int64_t>& steps) {
  const auto end = std::adjacent_find(steps.begin(), steps.end(), std::greater_equal<>());
  return static_cast<size_t>(end == steps.end() ? steps.size() : end - steps.begin() + 1);
}

std::vector<int64_t> read_steps(hid_t group) {
  return hdf5::read_column<int64_t>(group, "step");
}

CadenceRows::CadenceRows(hid_t file, const Cadence& cadence) : metrics_(cadence.metrics.size()) {
  const Handle metrics = hdf5::open_group(file, "metrics/" + cadence.name);
  const Handle timing = hdf5::open_group(file, "timing/" + cadence.name);
  steps_.push_back(hdf5::open_dataset(metrics, "step"));
  steps_.push_back(hdf5::open_dataset(timing, "step"));
  columns_.push_back({hdf5::open_dataset(metrics, "epoch"), {}});
  for (const MetricColumn& metric : cadence.metrics) {
    columns_.push_back({hdf5::open_dataset(metrics, metric.name), {}});
  }
  columns_.push_back({hdf5::open_dataset(timing, "wall_seconds"), {}});
  columns_.push_back({hdf5::open_dataset(timing, "samples_per_second"), {}});
  rows_ = steps_in(steps_.front());
  last_step_ = last_step_in(steps_.front(), rows_);
}

void CadenceRows::append(int64_t step, double epoch, std::span<const double> values, double wall_seconds,
                         double samples_per_second) {
  hash_.begin(step);
  hash_.add(&epoch, sizeof(epoch));
  hash_.add(values.data(), values.size_bytes());
  pending_steps_.push_back(step);
  columns_.front().pending.push_back(epoch);
  for (size_t i = 0; i < metrics_; ++i) {
    columns_[i + 1].pending.push_back(values[i]);
  }
  columns_[metrics_ + 1].pending.push_back(wall_seconds);
  columns_[metrics_ + 2].pending.push_back(samples_per_second);
  last_step_ = step;
  // The row that needs new chunks is written at once, so that where they lie does not depend on when we flush.
  if ((rows_ + static_cast<int64_t>(pending_steps_.size())) % chunk_rows == 1) {
    drain();
  }
}

void CadenceRows::drain() {
  const auto count = static_cast<int64_t>(pending_steps_.size());
  if (count == 0) {
    return;
  }
  for (Column& column : columns_) {
    hdf5::resize(column.dataset, Type::f64, rows_ + count);
    hdf5::write_rows(column.dataset, Type::f64, rows_, count, column.pending.data(), column.pending.size());
    column.pending.clear();
  }
  for (const Handle& steps : steps_) {
    hdf5::resize(steps, Type::i64, rows_ + count);
    hdf5::write_rows(steps, Type::i64, rows_, count, pending_steps_.data(), pending_steps_.size());
  }
  pending_steps_.clear();
  rows_ += count;
}

CadenceBlock CadenceRows::read(int64_t first, int64_t count) const {
  CadenceBlock block{std::vector<int64_t>(static_cast<size_t>(count)), {}};
  hdf5::read_rows(steps_.front(), first, count, std::span(block.steps));
  for (const Column& column : columns_) {
    hdf5::read_rows(column.dataset, first, count, std::span(block.columns.emplace_back(static_cast<size_t>(count))));
  }
  return block;
}

void CadenceRows::hash_rows_in_file(int64_t first, int64_t count) {
  for (int64_t done = 0; done < count; done += block_rows) {
    const CadenceBlock block = read(first + done, std::min(block_rows, count - done));
    for (size_t row = 0; row < block.steps.size(); ++row) {
      hash_.begin(block.steps[row]);
      for (size_t column = 0; column <= metrics_; ++column) {
        hash_.add(&block.columns[column][row], sizeof(double));
      }
    }
  }
}

void CadenceRows::truncate(int64_t step, int64_t most_rows) {
  rows_ = std::min(rows_up_to(steps_.front(), rows_, step), most_rows);
  last_step_ = last_step_in(steps_.front(), rows_);
  for (const Handle& dataset : steps_) {
    hdf5::resize(dataset, Type::i64, rows_);
  }
  for (const Column& column : columns_) {
    hdf5::resize(column.dataset, Type::f64, rows_);
  }
}

Stack::Stack(hid_t group, const char* values, Type type)
    : type_(type), steps_(hdf5::open_dataset(group, "step")), values_(hdf5::open_dataset(group, values)) {
  rows_ = steps_in(steps_);
  last_step_ = last_step_in(steps_, rows_);
  const DroppedRows dropped = read_dropped_rows(group);
  dropped_ = dropped.rows;
  hash_ = RowsHash(dropped.rows, dropped.digest);
}

void Stack::append(int64_t step, const void* row, size_t elements) {
  hdf5::resize(values_, type_, rows_ + 1);
  hdf5::write_rows(values_, type_, rows_, 1, row, elements);
  hdf5::resize(steps_, Type::i64, rows_ + 1);
  hdf5::write_rows(steps_, Type::i64, rows_, 1, &step, 1);
  hash_.begin(step);
  hash_.add(row, elements * hdf5::size_of(type_));
  ++rows_;
  last_step_ = step;
}

void Stack::hash_row_in_file(int64_t row) {
  const std::vector<std::byte> values = row_bytes(row);
  hash_.begin(step_of(row));
  hash_.add(values.data(), values.size());
}

std::vector<std::byte> Stack::row_bytes(int64_t row) const {
  const auto elements = static_cast<size_t>(row_elements());
  std::vector<std::byte> values(elements * hdf5::size_of(type_));
  read_row(row, values.data(), elements);
  return values;
}

int64_t Stack::step_of(int64_t row) const {
  return step_in(steps_, row);
}

void Stack::truncate(int64_t step, int64_t most_rows) {
  if (most_rows < dropped_) {
    throw hdf5::Failure(
        fmt::format("it cannot go on from row {} of a series whose first {} rows were dropped", most_rows, dropped_));
  }
  rows_ = std::min(rows_up_to(steps_, rows_, step), most_rows - dropped_);
  last_step_ = last_step_in(steps_, rows_);
  hdf5::resize(steps_, Type::i64, rows_);
  hdf5::resize(values_, type_, rows_);
}

int64_t Stack::row_elements() const {
  const hdf5::Extent extent = hdf5::Extent::of_dataset(values_, hdf5::content_of(type_), hdf5::Use::write);
  extent.expect_axes(1, H5S_MAX_RANK);
  return static_cast<int64_t>(extent.row_elements());
}

void Stack::read_row(int64_t row, void* data, size_t elements) const {
  hdf5::read_rows(values_, type_, row, 1, data, elements);
}

}  // namespace atelier::runlog
