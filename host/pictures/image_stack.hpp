// Images as bytes, as pictures show them.
#pragma once

#include <cstdint>
#include <vector>

namespace atelier::pictures {

struct ImageStack {
  int64_t count = 0, height = 0, width = 0, channels = 0;  // of what is shown 1 (grey) or 3 channels
  std::vector<uint8_t> pixels;                             // (n, y, x, channel), 0 to 255
};

// Strips of images, one after the other: a view of what a model does.
struct Strips {
  ImageStack images;
  int64_t per_strip = 1;
  bool animation = false;  // the images of a strip follow each other in time
};

// Appends `count` images of the stack's own size, values (n, C, H, W) between low (black) and high (white); what lies
// outside is clipped. The stack's count is the caller's.
void append_images(const float* values, int64_t count, double low, double high, ImageStack& stack);

// The same where there are one or three channels; else grey images, each a row of pictures of its channels.
ImageStack channels_as_pictures(ImageStack images);

}  // namespace atelier::pictures
