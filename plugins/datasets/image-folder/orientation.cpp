#include "orientation.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace image_folder {
namespace {

constexpr int upright = 1;

// An unsigned number of so many bytes; 0 beyond the end, which no table of TIFF begins at or has for a length.
uint32_t number(std::span<const uint8_t> bytes, uint64_t at, size_t size, bool little_endian) {
  if (at + size > bytes.size()) {
    return 0;
  }
  uint32_t out = 0;
  for (size_t i = 0; i < size; ++i) {
    out = out << 8 | bytes[at + (little_endian ? size - 1 - i : i)];
  }
  return out;
}

bool has_text(std::span<const uint8_t> bytes, uint64_t at, std::string_view text) {
  return at + text.size() <= bytes.size() &&
         std::equal(text.begin(), text.end(), bytes.begin() + static_cast<long>(at));
}

}  // namespace

// A header of 8 bytes, which ends with the place of the first table; a table is a count and entries of 12 bytes: tag,
// type, count, and the value itself where it is no longer than 4 bytes.
int orientation_in_tiff(std::span<const uint8_t> tiff) {
  constexpr uint32_t orientation_tag = 0x0112, type_short = 3, type_long = 4, entry_bytes = 12;
  const bool little_endian = has_text(tiff, 0, "II");
  const auto at = [&](uint64_t place, size_t size) { return number(tiff, place, size, little_endian); };
  if ((!little_endian && !has_text(tiff, 0, "MM")) || at(2, 2) != 42) {
    return upright;
  }
  const uint64_t table = at(4, 4);
  const uint32_t entries = at(table, 2);
  for (uint32_t i = 0; i < entries; ++i) {
    const uint64_t entry = table + 2 + uint64_t{i} * entry_bytes;
    if (at(entry, 2) == orientation_tag) {
      const uint32_t type = at(entry + 2, 2);
      const uint32_t value = type == type_short ? at(entry + 8, 2) : type == type_long ? at(entry + 8, 4) : 0;
      return value >= 1 && value <= 8 ? static_cast<int>(value) : upright;
    }
  }
  return upright;
}

// After a signature of 8 bytes chunks: length, kind, as many bytes, checksum.
int orientation_in_png(std::span<const uint8_t> file) {
  constexpr uint64_t signature = 8, length_and_kind = 8, checksum = 4;
  for (uint64_t at = signature; at + length_and_kind + checksum <= file.size();) {
    const uint64_t length = number(file, at, 4, false), content = at + length_and_kind;
    if (has_text(file, at + 4, "eXIf") && content + length <= file.size()) {
      return orientation_in_tiff(file.subspan(content, length));
    }
    at = content + length + checksum;
  }
  return upright;
}

Picture turned_upright(Picture picture, int orientation) {
  if (orientation == upright) {
    return picture;
  }
  const bool transposed = orientation >= 5;  // the first row is the left or the right side
  const bool from_bottom = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
  const bool from_right = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
  Picture out{transposed ? picture.width : picture.height, transposed ? picture.height : picture.width, {}};
  out.pixels.resize(picture.pixels.size());
  uint8_t* to = out.pixels.data();
  for (int64_t row = 0; row < out.height; ++row) {
    for (int64_t column = 0; column < out.width; ++column, to += 4) {
      const int64_t y = transposed ? column : row, x = transposed ? row : column;
      const int64_t from_row = from_bottom ? picture.height - 1 - y : y;
      const int64_t from_column = from_right ? picture.width - 1 - x : x;
      std::copy_n(picture.pixels.data() + (from_row * picture.width + from_column) * 4, 4, to);
    }
  }
  return out;
}

}  // namespace image_folder
