#include "report/sheets.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "pictures/image_stack.hpp"
#include "pictures/png.hpp"

namespace atelier::report {
namespace {

// The pictures of so many samples, as channels_as_pictures shows them.
pictures::ImageStack tiles_of(const runlog::Images& images, const SheetLayout& layout) {
  const int64_t tiles = layout.count * layout.frames;
  const int64_t bytes = tiles * images.height * images.width * images.channels;
  return pictures::channels_as_pictures(
      {tiles,
       images.height,
       images.width,
       images.channels,
       {images.pixels.begin(), images.pixels.begin() + static_cast<std::ptrdiff_t>(bytes)}});
}

}  // namespace

SheetLayout layout_of(const runlog::SampleSeries& images, int64_t most_samples) {
  const tensor::Shape& dims = images.dims;
  const size_t y = dims.rank() - 2;
  SheetLayout layout;
  layout.count = std::min(images.count, most_samples);
  layout.frames = dims.rank() == 4 ? dims[0] : 1;
  const pictures::ImageStack one =
      pictures::channels_as_pictures({1, dims[y], dims[y + 1], dims[y - 1],
                                      std::vector<uint8_t>(static_cast<size_t>(dims[y] * dims[y + 1] * dims[y - 1]))});
  layout.height = one.height;
  layout.width = one.width;
  layout.channels = one.channels;
  layout.columns = std::max<int64_t>(
      1, static_cast<int64_t>(std::ceil(std::sqrt(static_cast<double>(layout.count * layout.frames)))));
  return layout;
}

std::string sheet_of(const runlog::Reader& log, const runlog::SampleSeries& images, int64_t row,
                     const SheetLayout& layout) {
  const pictures::ImageStack tiles = tiles_of(log.samples(images.name, row), layout);
  const int64_t rows = (tiles.count + layout.columns - 1) / layout.columns;
  pictures::ImageStack sheet{1, rows * tiles.height, layout.columns * tiles.width, tiles.channels, {}};
  sheet.pixels.resize(static_cast<size_t>(sheet.height * sheet.width * sheet.channels));
  const int64_t line = tiles.width * tiles.channels;
  for (int64_t n = 0; n < tiles.count; ++n) {
    for (int64_t y = 0; y < tiles.height; ++y) {
      const int64_t to = (n / layout.columns * tiles.height + y) * layout.columns + n % layout.columns;
      std::memcpy(sheet.pixels.data() + to * line, tiles.pixels.data() + (n * tiles.height + y) * line,
                  static_cast<size_t>(line));
    }
  }
  return pictures::png_of(sheet);
}

}  // namespace atelier::report
