// A decoded picture.
#pragma once

#include <cstdint>
#include <vector>

namespace image_folder {

struct Picture {
  int64_t height = 0, width = 0;  // each from 1 to longest_side
  std::vector<uint8_t> pixels;    // (H, W, 4): red, green, blue, and alpha, by which they are not multiplied

  static constexpr int64_t longest_side = 65536;
};

}  // namespace image_folder
