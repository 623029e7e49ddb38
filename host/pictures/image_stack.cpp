#include "pictures/image_stack.hpp"

#include <algorithm>
#include <cmath>

namespace atelier::pictures {

void append_images(const float* values, int64_t count, double low, double high, ImageStack& stack) {
  const int64_t pixels = stack.height * stack.width;
  for (int64_t n = 0; n < count; ++n) {
    for (int64_t p = 0; p < pixels; ++p) {
      for (int64_t c = 0; c < stack.channels; ++c) {
        const auto value = static_cast<double>(values[(n * stack.channels + c) * pixels + p]);
        const double scaled = (value - low) / (high - low);
        stack.pixels.push_back(static_cast<uint8_t>(std::lround(std::clamp(scaled, 0.0, 1.0) * 255)));
      }
    }
  }
}

ImageStack channels_as_pictures(ImageStack images) {
  if (images.channels == 1 || images.channels == 3) {
    return images;
  }
  constexpr int64_t gap = 2;  // white pixels between the pictures
  ImageStack out{images.count, images.height, images.channels * (images.width + gap) - gap, 1, {}};
  out.pixels.assign(static_cast<size_t>(out.count * out.height * out.width), 255);
  auto from = images.pixels.begin();
  for (int64_t row = 0; row < images.count * images.height; ++row) {
    for (int64_t x = 0; x < images.width; ++x) {
      for (int64_t c = 0; c < images.channels; ++c) {
        out.pixels[static_cast<size_t>(row * out.width + c * (images.width + gap) + x)] = *from++;
      }
    }
  }
  return out;
}

}  // namespace atelier::pictures
