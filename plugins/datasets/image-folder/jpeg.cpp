// Calls of libjpeg-turbo. Its errors leave by longjmp, which runs no destructors: so each step that can fail is a
// function of its own without objects that have one.
#include <array>
#include <csetjmp>
#include <cstdio>
#include <stdexcept>
// It needs <cstdio> before it.
#include <jpeglib.h>

#include "decode.hpp"

namespace image_folder {
namespace {

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
  jpeg_mem_src(&jpeg, bytes, static_cast<unsigned long>(count));
  jpeg_read_header(&jpeg, TRUE);
  jpeg.out_color_space = JCS_EXT_RGBA;  // alpha is 255
  return true;
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
  jpeg_finish_decompress(&jpeg);
  return true;
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

  Picture decode(std::span<const uint8_t> bytes) {
    if (!read_header(jpeg_, escape_, bytes.data(), bytes.size())) {
      throw std::runtime_error(escape_.reason.data());
    }
    if (jpeg_.jpeg_color_space == JCS_CMYK || jpeg_.jpeg_color_space == JCS_YCCK) {
      throw std::runtime_error("its colours are CMYK, for print; convert it to RGB");
    }
    Picture picture = make_picture(jpeg_.image_height, jpeg_.image_width);
    if (!read_rows(jpeg_, escape_, picture.pixels.data())) {
      throw std::runtime_error(escape_.reason.data());
    }
    return picture;
  }

 private:
  Escape escape_{};
  jpeg_decompress_struct jpeg_{};
};

}  // namespace

Picture decode_jpeg(std::span<const uint8_t> bytes) {
  return Decompressor().decode(bytes);
}

}  // namespace image_folder
