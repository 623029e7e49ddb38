#include "pictures/grid.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstring>

namespace atelier::pictures {
namespace {

constexpr int64_t pixels_between = 2;  // pixels between images

}  // namespace

ImageStack grid(const ImageStack& images, int64_t columns) {
  if (columns <= 0) {
    columns = static_cast<int64_t>(std::ceil(std::sqrt(static_cast<double>(images.count))));
  }
  columns = std::min(columns, std::max<int64_t>(images.count, 1));
  const int64_t rows = (images.count + columns - 1) / columns;
  ImageStack out{1,
                 rows * (images.height + pixels_between) - pixels_between,
                 columns * (images.width + pixels_between) - pixels_between,
                 images.channels,
                 {}};
  out.pixels.assign(static_cast<size_t>(out.height * out.width * out.channels), 255);
  const int64_t line = images.width * images.channels;
  for (int64_t n = 0; n < images.count; ++n) {
    for (int64_t y = 0; y < images.height; ++y) {
      const int64_t to_row = n / columns * (images.height + pixels_between) + y;
      const int64_t to = (to_row * out.width + n % columns * (images.width + pixels_between)) * images.channels;
      std::memcpy(out.pixels.data() + to, images.pixels.data() + (n * images.height + y) * line,
                  static_cast<size_t>(line));
    }
  }
  return out;
}

ImageStack enlarged(const ImageStack& images, int64_t scale) {
  if (scale == 1) {
    return images;
  }
  ImageStack out{images.count, images.height * scale, images.width * scale, images.channels, {}};
  out.pixels.reserve(static_cast<size_t>(out.count * out.height * out.width * out.channels));
  for (int64_t row = 0; row < images.count * out.height; ++row) {
    const uint8_t* const from = images.pixels.data() + row / scale * images.width * images.channels;
    for (int64_t x = 0; x < out.width; ++x) {
      const uint8_t* const pixel = from + x / scale * images.channels;
      out.pixels.insert(out.pixels.end(), pixel, pixel + images.channels);
    }
  }
  return out;
}

ImageStack frames_of(const Strips& strips) {
  const ImageStack& all = strips.images;
  const auto image_bytes = static_cast<size_t>(all.height * all.width * all.channels);
  ImageStack frames;
  for (int64_t t = 0; t < strips.per_strip; ++t) {
    ImageStack now{all.count / strips.per_strip, all.height, all.width, all.channels, {}};
    for (int64_t strip = 0; strip < now.count; ++strip) {
      const auto at = all.pixels.begin() +
                      static_cast<std::ptrdiff_t>(static_cast<size_t>(strip * strips.per_strip + t) * image_bytes);
      now.pixels.insert(now.pixels.end(), at, at + static_cast<std::ptrdiff_t>(image_bytes));
    }
    const ImageStack frame = grid(now);
    frames.height = frame.height;
    frames.width = frame.width;
    frames.channels = frame.channels;
    frames.pixels.insert(frames.pixels.end(), frame.pixels.begin(), frame.pixels.end());
    ++frames.count;
  }
  return frames;
}

}  // namespace atelier::pictures
