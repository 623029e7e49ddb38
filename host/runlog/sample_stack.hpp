// Inside this room only: /samples/<name>, what a model has made, row after row.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "runlog/description.hpp"
#include "runlog/hdf5.hpp"
#include "runlog/series.hpp"

namespace atelier::runlog {

// The dataset that samples of this kind are in, and what it holds.
struct SampleDataset {
  const char* name;
  hdf5::Type type;
};
SampleDataset dataset_of(catalog::FieldKind kind);

int64_t preview_bytes(const SampleSeries& series);  // 0 where there is none
void make_samples(hid_t file, const SampleSeries& series);
SampleSeries read_sample_series(hid_t samples, const std::string& name);

class SampleStack {
 public:
  SampleStack(hid_t file, const SampleSeries& series);

  // `row` is of the dataset's type; `texts` are of tokens only, one for each sample.
  void append(int64_t step, const void* row, size_t elements, const std::vector<std::string>& texts);
  void truncate(int64_t step, int64_t most_rows);  // to rows of steps until this one
  [[nodiscard]] const SampleSeries& series() const { return series_; }
  [[nodiscard]] const Stack& stack() const { return stack_; }
  [[nodiscard]] std::vector<std::string> texts_of(int64_t row) const;  // none but of tokens
  void hash_row_in_file(int64_t row);                                  // as if it were appended
  [[nodiscard]] bool preview_is_of_newest() const;                     // as append() leaves it

 private:
  [[nodiscard]] std::vector<uint8_t> newest_pixels() const;  // zeros where there are none
  void renew_preview(std::span<const uint8_t> pixels);

  SampleSeries series_;
  hdf5::Handle group_;
  Stack stack_;
  hdf5::Handle preview_;  // of images
  hdf5::Handle texts_;    // of tokens
};

}  // namespace atelier::runlog
