// Inside this room only: what a model has made at one step as one picture, tile beside tile without a gap, from which
// the page cuts them.
#pragma once

#include <cstdint>
#include <string>

#include "runlog/reader.hpp"

namespace atelier::report {

// How the tiles of a series lie in each of its sheets. The frames of a sequence follow each other.
struct SheetLayout {
  int64_t count = 0, frames = 1;                // samples that are shown, and tiles of each
  int64_t height = 0, width = 0, channels = 1;  // of a tile; 1 (grey) or 3 channels
  int64_t columns = 1;                          // of the sheet
};

// Of so many of its samples at most; Images alone have one.
SheetLayout layout_of(const runlog::SampleSeries& images, int64_t most_samples);

// A PNG file. Throws Error(file) for what cannot be read.
std::string sheet_of(const runlog::Reader& log, const runlog::SampleSeries& images, int64_t row,
                     const SheetLayout& layout);

}  // namespace atelier::report
