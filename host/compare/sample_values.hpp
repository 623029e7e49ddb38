// What a model has made that is no image, in numbers that a table or a document can show.
#pragma once

#include <string>
#include <vector>

#include "compare/run.hpp"

namespace atelier::compare {

// Of one channel of signals, one column of rows, or of numbers as a whole.
struct ValueRange {
  std::string name;
  double smallest, mean, largest;
};

// Of the newest of them. `names` are those of the channels or columns; what has none is numbered, and numbers as a
// whole are "all".
std::vector<ValueRange> ranges_of(const SampleRows& rows, const std::vector<std::string>& names);

// As the data that the samples are like call them; none where they don't.
std::vector<std::string> names_of_channels(const runlog::RunDescription& run, const runlog::SampleSeries& series);

bool has_preview(const runlog::SampleSeries& series);
std::string place_in_log(const runlog::SampleSeries& series);  // "/samples/generated/text"

}  // namespace atelier::compare
