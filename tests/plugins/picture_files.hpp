// PNG and JPEG files of a few pixels.
#pragma once

#include <png.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <stdexcept>
#include <string>
#include <vector>
// It needs <cstdio> before it.
#include <jpeglib.h>

namespace atelier::testing {

struct Size {
  uint32_t height = 1, width = 1;
};

// Pixels as the format (PNG_FORMAT_RGB ...) has them; with a palette of RGB colours, indices into it.
template <typename Component>
void write_png(const std::string& file, uint32_t format, Size size, const std::vector<Component>& pixels,
               const std::vector<uint8_t>& palette = {}) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.height = size.height;
  image.width = size.width;
  image.format = format;
  image.colormap_entries = static_cast<uint32_t>(palette.size() / 3);
  if (png_image_write_to_file(&image, file.c_str(), 0, pixels.data(), 0, palette.data()) == 0) {
    throw std::runtime_error(file + ": " + image.message);
  }
}

inline void write_grey(const std::string& file, uint8_t level) {
  write_png(file, PNG_FORMAT_GRAY, {}, std::vector<uint8_t>{level});
}

// Every pixel has this colour: one component is grey, three are RGB, four CMYK. A progressive one comes in many scans.
inline void write_jpeg(const std::string& file, Size size, const std::vector<uint8_t>& colour,
                       bool progressive = false) {
  std::vector<uint8_t> row;
  for (uint32_t x = 0; x < size.width; ++x) {
    row.insert(row.end(), colour.begin(), colour.end());
  }
  jpeg_error_mgr errors{};
  jpeg_compress_struct jpeg{};
  jpeg.err = jpeg_std_error(&errors);
  jpeg_create_compress(&jpeg);
  std::FILE* const out = std::fopen(file.c_str(), "wb");
  jpeg_stdio_dest(&jpeg, out);
  jpeg.image_height = size.height;
  jpeg.image_width = size.width;
  jpeg.input_components = static_cast<int>(colour.size());
  jpeg.in_color_space = colour.size() == 1 ? JCS_GRAYSCALE : colour.size() == 3 ? JCS_RGB : JCS_CMYK;
  jpeg_set_defaults(&jpeg);
  jpeg_set_quality(&jpeg, 100, TRUE);
  if (progressive) {
    jpeg_simple_progression(&jpeg);
  }
  jpeg_start_compress(&jpeg, TRUE);
  while (jpeg.next_scanline < size.height) {
    JSAMPROW line = row.data();
    jpeg_write_scanlines(&jpeg, &line, 1);
  }
  jpeg_finish_compress(&jpeg);
  jpeg_destroy_compress(&jpeg);
  std::fclose(out);
}

}  // namespace atelier::testing
