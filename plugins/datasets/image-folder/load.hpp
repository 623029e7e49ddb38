// Reads many pictures at once.
#pragma once

#include "folder.hpp"
#include "scale.hpp"

namespace image_folder {

struct Loaded {
  std::vector<File> files;            // those that could be read, in their order
  std::vector<uint8_t> pixels;        // (files, C, H, W)
  std::vector<std::string> failures;  // of the others, in their order
};

// All pictures in one shape, on as many threads as there are processors.
Loaded load_pictures(const std::vector<File>& files, const Shape& shape);

}  // namespace image_folder
