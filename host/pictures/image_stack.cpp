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

}  // namespace atelier::pictures
