// How a camera was held, as it notes in EXIF (CIPA DC-008, tag 0x0112), and the picture as it was seen.
#pragma once

#include <span>

#include "picture.hpp"

namespace image_folder {

// 1 to 8: which sides of what was seen the first row and the first column of pixels are; 1, top and left, where `tiff`
// (from its byte order on) does not say, or is broken.
int orientation_in_tiff(std::span<const uint8_t> tiff);
// Of the chunk eXIf of a sound PNG file; 1 where it has none.
int orientation_in_png(std::span<const uint8_t> file);

Picture turned_upright(Picture picture, int orientation);

}  // namespace image_folder
