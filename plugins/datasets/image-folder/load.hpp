// Reads many pictures at once.
#pragma once

#include "folder.hpp"
#include "scale.hpp"

namespace image_folder {

// All pictures in one shape, (files, C, H, W), on as many threads as there are processors. Throws DataError for the
// first file, in their order, that cannot be read.
std::vector<uint8_t> load_pictures(const std::vector<File>& files, const Shape& shape);

}  // namespace image_folder
