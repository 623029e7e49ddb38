// Reads many pictures at once.
#pragma once

#include <functional>

#include "folder.hpp"
#include "pixels.hpp"
#include "scale.hpp"

namespace image_folder {

struct Loaded {
  std::vector<File> files;            // those that could be read, in their order
  Pixels pixels;                      // (files, C, H, W)
  std::vector<std::string> failures;  // of the others, in their order
};

// All pictures in one shape, on as many threads as there are processors, into memory that has room for them all.
Loaded load_pictures(const std::vector<File>& files, const Shape& shape, Pixels pixels);

// Work that throws nothing, for each of so many things, on as many threads as there are processors.
void in_parallel(size_t count, const std::function<void(size_t)>& work);

}  // namespace image_folder
