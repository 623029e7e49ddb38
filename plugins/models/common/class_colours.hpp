// A colour for each class, for pictures of what was found where.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

namespace atelier {

// (count, 3): red, green and blue between these values, around the colour circle from red on.
inline std::vector<float> class_colours(int64_t count, double low, double high) {
  std::vector<float> out;
  for (int64_t c = 0; c < count; ++c) {
    for (const double centre : {0.0, 1.0 / 3, 2.0 / 3}) {
      const double hue = static_cast<double>(c) / static_cast<double>(count);
      const double apart = std::abs(hue - centre - std::round(hue - centre));  // half the circle at most
      out.push_back(static_cast<float>(low + (high - low) * std::clamp(2 - 6 * apart, 0.0, 1.0)));
    }
  }
  return out;
}

}  // namespace atelier
