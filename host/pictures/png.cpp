#include "pictures/png.hpp"

#include <png.h>

#include "base/error.hpp"

namespace atelier::pictures {

void write_png(const std::filesystem::path& path, const ImageStack& one_image) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = static_cast<png_uint_32>(one_image.width);
  image.height = static_cast<png_uint_32>(one_image.height);
  image.format = one_image.channels == 1 ? PNG_FORMAT_GRAY : PNG_FORMAT_RGB;
  if (png_image_write_to_file(&image, path.c_str(), 0, one_image.pixels.data(), 0, nullptr) == 0) {
    throw Error(ErrorKind::file, "{}: cannot be written: {}", path.string(), image.message);
  }
}

}  // namespace atelier::pictures
