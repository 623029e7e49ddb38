// Inside this room only: the parts of a log that grow while the run runs.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "runlog/description.hpp"
#include "runlog/hdf5.hpp"
#include "runlog/history.hpp"

namespace atelier::runlog {

hdf5::Handle make_steps(hid_t group);  // the scale of an axis of steps
void make_cadence(hid_t file, const Cadence& cadence);
void make_tensors(hid_t file, const TensorSeries& series, hdf5::Type type = hdf5::Type::f32);

// Rows of a cadence, one after the other in each column.
struct CadenceBlock {
  std::vector<int64_t> steps;
  std::vector<std::vector<double>> columns;  // epoch, metrics, wall_seconds, samples_per_second
};

// /metrics/<cadence> and /timing/<cadence>. Rows are gathered and written together.
class CadenceRows {
 public:
  CadenceRows(hid_t file, const Cadence& cadence);

  // values: one of each metric.
  void append(int64_t step, double epoch, std::span<const double> values, double wall_seconds,
              double samples_per_second);
  void drain();
  void truncate(int64_t step, int64_t most_rows);                       // to rows of steps until this one
  [[nodiscard]] CadenceBlock read(int64_t first, int64_t count) const;  // rows that are in the file
  [[nodiscard]] int64_t rows() const { return rows_; }                  // in the file
  [[nodiscard]] const RowsHash& hash() const { return hash_; }          // of what was appended
  void hash_rows_in_file(int64_t first, int64_t count);                 // as if they were appended
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
  std::vector<Column> columns_;  // as a CadenceBlock's
  RowsHash hash_;
  int64_t rows_ = 0;  // in the file
  int64_t last_step_ = -1;
};

// A step and a block of values for each row: what samples and tensors have in common.
class Stack {
 public:
  Stack(hid_t group, const char* values, hdf5::Type type);

  void append(int64_t step, const void* row, size_t elements);
  void truncate(int64_t step, int64_t most_rows);             // to rows of steps until this one, dropped ones counted
  [[nodiscard]] int64_t rows() const { return rows_; }        // in the file
  [[nodiscard]] int64_t dropped() const { return dropped_; }  // before them
  [[nodiscard]] RowsHash& hash() { return hash_; }            // of what was dropped and appended
  [[nodiscard]] const RowsHash& hash() const { return hash_; }
  void hash_row_in_file(int64_t row);  // as if it were appended
  [[nodiscard]] int64_t step_of(int64_t row) const;
  [[nodiscard]] std::vector<std::byte> row_bytes(int64_t row) const;
  [[nodiscard]] int64_t last_step() const { return last_step_; }
  [[nodiscard]] int64_t row_elements() const;
  void read_row(int64_t row, void* data, size_t elements) const;

 private:
  hdf5::Type type_;
  hdf5::Handle steps_;
  hdf5::Handle values_;
  RowsHash hash_;
  int64_t rows_ = 0;
  int64_t dropped_ = 0;
  int64_t last_step_ = -1;
};

// All that the file says, and how many of them are whole: steps increase, and rows that nobody has written
// at the end have step 0.
std::vector<int64_t> read_steps(hid_t group);
size_t whole_rows(const std::vector<int64_t>& steps);

}  // namespace atelier::runlog
