// Inside this room only: the parts of a log that grow while the run runs.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "runlog/description.hpp"
#include "runlog/hdf5.hpp"

namespace atelier::runlog {

hdf5::Handle make_steps(hid_t group);  // the scale of an axis of steps
void make_cadence(hid_t file, const Cadence& cadence);
void make_tensors(hid_t file, const TensorSeries& series);

// /metrics/<cadence> and /timing/<cadence>. Rows are gathered and written together.
class CadenceRows {
 public:
  CadenceRows(hid_t file, const Cadence& cadence);

  // values: one of each metric.
  void append(int64_t step, double epoch, std::span<const double> values, double wall_seconds,
              double samples_per_second);
  void drain();
  void truncate(int64_t step);
  [[nodiscard]] size_t metrics() const { return metrics_; }
  [[nodiscard]] int64_t last_step() const { return last_step_; }

 private:
  struct Column {
    hdf5::Handle dataset;
    std::vector<double> pending;
  };
  size_t metrics_;
  std::vector<hdf5::Handle> steps_;  // of the metrics, of the timing
  std::vector<int64_t> pending_steps_;
  std::vector<Column> columns_;  // epoch, metrics, wall_seconds, samples_per_second
  int64_t rows_ = 0;             // in the file
  int64_t last_step_ = -1;
};

// A step and a block of values for each row: what samples and tensors have in common.
class Stack {
 public:
  Stack(hid_t group, const char* values, hdf5::Type type);

  void append(int64_t step, const void* row, size_t elements);
  void truncate(int64_t step);
  [[nodiscard]] int64_t rows() const { return rows_; }
  [[nodiscard]] int64_t last_step() const { return last_step_; }
  [[nodiscard]] int64_t row_elements() const;
  void read_row(int64_t row, void* data, size_t elements) const;

 private:
  hdf5::Type type_;
  hdf5::Handle steps_;
  hdf5::Handle values_;
  int64_t rows_ = 0;
  int64_t last_step_ = -1;
};

// All that the file says, and how many of them are whole: steps increase, and rows that nobody has written
// at the end have step 0.
std::vector<int64_t> read_steps(hid_t group);
size_t whole_rows(const std::vector<int64_t>& steps);

}  // namespace atelier::runlog
