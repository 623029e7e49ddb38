// PNG and JPEG files to pixels, turned upright as the camera notes in EXIF.
#pragma once

#include <span>
#include <string>

#include "picture.hpp"

namespace image_folder {

// A file of either kind, told by its first bytes. Throws DataError where it cannot be read, is of another kind, or is
// corrupt, be it in its last byte.
Picture read_picture(const std::string& path);

// Throw std::runtime_error with the reason; see decode.cpp and jpeg.cpp.
Picture decode_png(std::span<const uint8_t> bytes);
Picture decode_jpeg(std::span<const uint8_t> bytes);

// The memory of a picture; throws std::runtime_error where it has too many pixels.
Picture make_picture(int64_t height, int64_t width);

}  // namespace image_folder
