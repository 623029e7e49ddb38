#include "decode.hpp"

#include <png.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <utility>

#include "error.hpp"
#include "orientation.hpp"

namespace image_folder {
namespace {

constexpr int64_t most_pixels = int64_t{1} << 27;  // half a gigabyte; a file may claim anything

constexpr std::array<uint8_t, 8> png_signature = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
constexpr std::array<uint8_t, 3> jpeg_signature = {0xFF, 0xD8, 0xFF};

template <size_t N>
bool starts_with(std::span<const uint8_t> bytes, const std::array<uint8_t, N>& signature) {
  return bytes.size() >= N && std::equal(signature.begin(), signature.end(), bytes.begin());
}

std::vector<uint8_t> read_bytes(const std::string& path) {
  errno = 0;
  std::ifstream stream(path, std::ios::binary);
  std::vector<uint8_t> bytes;
  constexpr size_t piece = size_t{1} << 16;
  while (stream.good()) {
    const size_t have = bytes.size();
    bytes.resize(have + piece);
    stream.read(reinterpret_cast<char*>(bytes.data() + have), piece);
    bytes.resize(have + static_cast<size_t>(stream.gcount()));
  }
  if (!stream.is_open() || stream.bad()) {
    throw DataError(path + ": cannot be read (" + std::strerror(errno) + "), expected a readable PNG or JPEG file");
  }
  return bytes;
}

}  // namespace

Picture make_picture(int64_t height, int64_t width) {
  if (height > Picture::longest_side || width > Picture::longest_side || height * width > most_pixels) {
    throw std::runtime_error("it is " + std::to_string(height) + " x " + std::to_string(width) + ", more than " +
                             std::to_string(most_pixels) + " pixels or a side of " +
                             std::to_string(Picture::longest_side));
  }
  return {height, width, std::vector<uint8_t>(static_cast<size_t>(height * width * 4))};
}

// By libpng's simplified interface, which keeps its jumps to itself: grey, palettes, 16 bits and gamma all come out as
// 8 bits of sRGB.
Picture decode_png(std::span<const uint8_t> bytes) {
  struct Image : png_image {
    Image() : png_image{} { version = PNG_IMAGE_VERSION; }
    Image(const Image&) = delete;
    Image& operator=(const Image&) = delete;
    ~Image() { png_image_free(this); }
  } image;
  if (png_image_begin_read_from_memory(&image, bytes.data(), bytes.size()) == 0) {
    throw std::runtime_error(image.message);
  }
  image.format = PNG_FORMAT_RGBA;
  image.flags |= PNG_IMAGE_FLAG_16BIT_sRGB;  // 16 bits that do not say otherwise are sRGB too
  Picture picture = make_picture(image.height, image.width);
  if (png_image_finish_read(&image, nullptr, picture.pixels.data(), 0, nullptr) == 0) {
    throw std::runtime_error(image.message);
  }
  return turned_upright(std::move(picture), orientation_in_png(bytes));
}

Picture read_picture(const std::string& path) {
  const std::vector<uint8_t> bytes = read_bytes(path);
  const bool is_png = starts_with(bytes, png_signature);
  if (!is_png && !starts_with(bytes, jpeg_signature)) {
    throw DataError(path + ": does not begin as a PNG or JPEG file does: it is damaged or of another kind");
  }
  try {
    return is_png ? decode_png(bytes) : decode_jpeg(bytes);
  } catch (const std::runtime_error& reason) {
    throw DataError(path + ": cannot be decoded (" + reason.what() + "), expected a sound " +
                    (is_png ? "PNG" : "JPEG") + " file");
  }
}

}  // namespace image_folder
