// Pictures to squares of one size, in exact integer arithmetic that is rounded once: the same bits on every machine.
#pragma once

#include <array>
#include <cstdint>

#include "picture.hpp"

namespace image_folder {

enum class Fit {
  crop,     // the shorter side fills the square; what is over on both ends of the longer one is cut off
  pad,      // the longer side fills it; the rest is background
  stretch,  // both sides fill it
};

struct Shape {
  Fit fit = Fit::crop;
  int64_t size = 0;      // height and width
  int64_t channels = 0;  // 3: red, green, blue; 1: their luma
  std::array<uint8_t, 3> background{};
};

// Writes (channels, size, size). Alpha is composed over the background first. An axis that shrinks averages the areas
// that its pixels cover; one that grows interpolates linearly between the middles of pixels.
void scale(const Picture& picture, const Shape& shape, uint8_t* out);

}  // namespace image_folder
