#include "pictures/png.hpp"

#include <png.h>

#include "base/error.hpp"

namespace atelier::pictures {

namespace {

png_image described(const ImageStack& one_image) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = static_cast<png_uint_32>(one_image.width);
  image.height = static_cast<png_uint_32>(one_image.height);
  image.format = one_image.channels == 1 ? PNG_FORMAT_GRAY : PNG_FORMAT_RGB;
  return image;
}

}  // namespace

void write_png(const std::filesystem::path& path, const ImageStack& one_image) {
  png_image image = described(one_image);
  if (png_image_write_to_file(&image, path.c_str(), 0, one_image.pixels.data(), 0, nullptr) == 0) {
    throw Error(ErrorKind::file, "{}: cannot be written: {}", path.string(), image.message);
  }
}

std::string png_of(const ImageStack& one_image) {
  png_image image = described(one_image);
  std::string bytes(PNG_IMAGE_PNG_SIZE_MAX(image), '\0');
  png_alloc_size_t size = bytes.size();
  if (png_image_write_to_memory(&image, bytes.data(), &size, 0, one_image.pixels.data(), 0, nullptr) == 0) {
    throw Error(ErrorKind::file, "a picture of {} x {} pixels cannot be made: {}", one_image.height, one_image.width,
                image.message);
  }
  bytes.resize(size);
  return bytes;
}

}  // namespace atelier::pictures
