// Calls of libjpeg-turbo. Its errors leave by longjmp, which runs no destructors: so each step that can fail is a
// function of its own without objects that have one.
#include <algorithm>
#include <array>
#include <csetjmp>
#include <cstdio>
#include <stdexcept>
#include <utility>
// It needs <cstdio> before it.
#include <jpeglib.h>

#include "decode.hpp"
#include "orientation.hpp"

namespace image_folder {
namespace {

constexpr int exif_marker = JPEG_APP0 + 1;
constexpr unsigned longest_marker = 0xFFFF;
constexpr std::array<uint8_t, 2> end_of_image = {0xFF, JPEG_EOI};

struct Escape {
  jpeg_error_mgr manager;  // first, so that libjpeg's pointer leads back here
  std::jmp_buf to;
  std::array<char, JMSG_LENGTH_MAX> reason;
};

[[noreturn]] void leave(j_common_ptr common) {
  auto* const escape = reinterpret_cast<Escape*>(common->err);
  escape->manager.format_message(common, escape->reason.data());
  std::longjmp(escape->to, 1);
}

// Warnings (below 0) are of corrupt data, which libjpeg would fill up with grey; the rest are traces.
void leave_at_warnings(j_common_ptr common, int level) {
  if (level < 0) {
    leave(common);
  }
}

bool read_header(jpeg_decompress_struct& jpeg, Escape& escape, const uint8_t* bytes, size_t count) {
  if (setjmp(escape.to) != 0) {
    return false;
  }
  jpeg_create_decompress(&jpeg);
  jpeg_save_markers(&jpeg, exif_marker, longest_marker);
  jpeg_mem_src(&jpeg, bytes, static_cast<unsigned long>(count));
  jpeg_read_header(&jpeg, TRUE);
  jpeg.out_color_space = JCS_EXT_RGBA;  // alpha is 255
  return true;
}

// Whether an end that we have written ourselves may have cut off what no warning tells: a whole scan of several.
bool lacks_scans(j_decompress_ptr jpeg) {
  if (jpeg_has_multiple_scans(jpeg) == FALSE) {
    return false;
  }
  if (jpeg->coef_bits == nullptr) {  // only progressive ones keep count
    return true;
  }
  for (int component = 0; component < jpeg->num_components; ++component) {
    const int* const missing_bits = jpeg->coef_bits[component];
    if (std::any_of(missing_bits, missing_bits + DCTSIZE2, [](int bits) { return bits != 0; })) {
      return true;
    }
  }
  return false;
}

bool read_rows(jpeg_decompress_struct& jpeg, Escape& escape, uint8_t* pixels) {
  if (setjmp(escape.to) != 0) {
    return false;
  }
  jpeg_start_decompress(&jpeg);
  while (jpeg.output_scanline < jpeg.output_height) {
    JSAMPROW row = pixels + size_t{jpeg.output_scanline} * jpeg.output_width * 4;
    jpeg_read_scanlines(&jpeg, &row, 1);
  }
  if (jpeg.src->bytes_in_buffer == 0 && lacks_scans(&jpeg)) {  // the end that was reached is ours
    std::snprintf(escape.reason.data(), escape.reason.size(), "it ends before its last scan");
    return false;
  }
  jpeg_finish_decompress(&jpeg);
  return true;
}

int orientation_of(const jpeg_decompress_struct& jpeg) {
  constexpr std::array<uint8_t, 6> exif = {'E', 'x', 'i', 'f', 0, 0};
  for (auto marker = jpeg.marker_list; marker != nullptr; marker = marker->next) {
    const std::span content(marker->data, marker->data_length);
    if (marker->marker == exif_marker && content.size() > exif.size() &&
        std::equal(exif.begin(), exif.end(), content.begin())) {
      return orientation_in_tiff(content.subspan(exif.size()));
    }
  }
  return 1;
}

// Its state; made of zeros, which may be destroyed even where its creation failed.
class Decompressor {
 public:
  Decompressor() {
    jpeg_.err = jpeg_std_error(&escape_.manager);
    escape_.manager.error_exit = leave;
    escape_.manager.emit_message = leave_at_warnings;
  }
  Decompressor(const Decompressor&) = delete;
  Decompressor& operator=(const Decompressor&) = delete;
  ~Decompressor() { jpeg_destroy_decompress(&jpeg_); }

  // The bytes end with an end of image that is not their own: one that comes too early is told by a warning, as data
  // that ends early; a file that lacks nothing but its end is read, as every viewer does.
  Picture decode(std::span<const uint8_t> bytes) {
    if (!read_header(jpeg_, escape_, bytes.data(), bytes.size())) {
      throw std::runtime_error(escape_.reason.data());
    }
    if (jpeg_.jpeg_color_space == JCS_CMYK || jpeg_.jpeg_color_space == JCS_YCCK) {
      throw std::runtime_error("its colours are CMYK, for print; convert it to RGB");
    }
    const int orientation = orientation_of(jpeg_);
    Picture picture = make_picture(jpeg_.image_height, jpeg_.image_width);
    if (!read_rows(jpeg_, escape_, picture.pixels.data())) {
      throw std::runtime_error(escape_.reason.data());
    }
    return turned_upright(std::move(picture), orientation);
  }

 private:
  Escape escape_{};
  jpeg_decompress_struct jpeg_{};
};

}  // namespace

Picture decode_jpeg(std::span<const uint8_t> bytes) {
  std::vector<uint8_t> ended(bytes.begin(), bytes.end());
  ended.insert(ended.end(), end_of_image.begin(), end_of_image.end());
  return Decompressor().decode(ended);
}

}  // namespace image_folder
