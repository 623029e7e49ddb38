// image-folder: pictures are turned as the camera has noted in EXIF.
#include <zlib.h>

#include <map>

#include "image_folder.hpp"

using namespace atelier::testing;

namespace {

using Bytes = std::vector<int>;

std::string number(uint32_t value, size_t size, bool little_endian) {
  std::string out;
  for (size_t i = 0; i < size; ++i) {
    out += static_cast<char>(value >> (8 * (little_endian ? i : size - 1 - i)));
  }
  return out;
}

// A table of two entries, the second of which is the orientation.
std::string tiff(uint32_t orientation, bool little_endian = false) {
  const auto n = [&](uint32_t value, size_t size) { return number(value, size, little_endian); };
  return (little_endian ? "II" : "MM") + n(42, 2) + n(8, 4) + n(2, 2) +    //
         n(0x0100, 2) + n(4, 2) + n(1, 4) + n(640, 4) +                    // the width, as a long
         n(0x0112, 2) + n(3, 2) + n(1, 4) + n(orientation, 2) + n(0, 2) +  // a short stands first in its four bytes
         n(0, 4);
}

// Right behind the header, which ends at byte 33.
std::string with_chunk(std::string png, const std::string& kind, const std::string& content) {
  const std::string summed = kind + content;
  const auto sum =
      static_cast<uint32_t>(crc32(0, reinterpret_cast<const Bytef*>(summed.data()), static_cast<uInt>(summed.size())));
  return png.insert(33, number(static_cast<uint32_t>(content.size()), 4, false) + summed + number(sum, 4, false));
}

std::string with_segment(std::string jpeg, const std::string& content) {
  return jpeg.insert(2, "\xFF\xE1" + number(static_cast<uint32_t>(content.size()) + 2, 2, false) + content);
}

const std::string exif("Exif\0\0", 6);

// The grey levels 1 2 / 3 4 as a PNG.
std::string four_levels(const Folder& folder) {
  write_png(folder.file("four.png"), PNG_FORMAT_GRAY, {2, 2}, std::vector<uint8_t>{1, 2, 3, 4});
  std::string bytes = read_bytes(folder.file("four.png"));
  std::filesystem::remove(folder.file("four.png"));
  return bytes;
}

Bytes levels_of(const Folder& folder, const std::string& bytes) {
  write(folder.file("a.png"), bytes);
  return only_picture(folder, {{"size", int64_t{2}}, {"channels", int64_t{1}}});
}

}  // namespace

TEST_CASE("all eight orientations of a PNG, in both byte orders") {
  const std::map<uint32_t, Bytes> seen = {
      {1, {1, 2, 3, 4}},  // as it is
      {2, {2, 1, 4, 3}},  // mirrored
      {3, {4, 3, 2, 1}},  // half a turn
      {4, {3, 4, 1, 2}},  // upside down
      {5, {1, 3, 2, 4}},  // transposed
      {6, {3, 1, 4, 2}},  // a quarter clockwise
      {7, {4, 2, 3, 1}},  // transposed about the other diagonal
      {8, {2, 4, 1, 3}},  // a quarter counter-clockwise
  };
  const Folder folder;
  const std::string png = four_levels(folder);
  for (const auto& [orientation, expected] : seen) {
    CHECK(levels_of(folder, with_chunk(png, "eXIf", tiff(orientation))) == expected);
    CHECK(levels_of(folder, with_chunk(png, "eXIf", tiff(orientation, true))) == expected);
  }
}

TEST_CASE("an orientation that is none, or is broken off, turns nothing") {
  const Folder folder;
  const std::string png = four_levels(folder), whole = tiff(6);
  for (const uint32_t none : {0U, 9U, 65535U}) {
    CHECK(levels_of(folder, with_chunk(png, "eXIf", tiff(none))) == Bytes{1, 2, 3, 4});
  }
  const size_t needed = 8 + 2 + 12 + 10;  // up to the value's last byte
  for (size_t length = 0; length < needed; ++length) {
    CHECK(levels_of(folder, with_chunk(png, "eXIf", whole.substr(0, length))) == Bytes{1, 2, 3, 4});
  }
  std::string far = whole;
  far.replace(4, 4, "\xFF\xFF\xFF\xFF");  // where the table shall be
  CHECK(levels_of(folder, with_chunk(png, "eXIf", far)) == Bytes{1, 2, 3, 4});
}

TEST_CASE("a picture has the size that it is seen in") {
  const Folder folder;
  write_png(folder.file("a.png"), PNG_FORMAT_GRAY, {2, 4}, std::vector<uint8_t>{1, 2, 3, 4, 5, 6, 7, 8});
  const std::string lying = read_bytes(folder.file("a.png"));
  CHECK(levels_of(folder, lying) == Bytes{2, 3, 6, 7});  // the middle is left
  CHECK(levels_of(folder, with_chunk(lying, "eXIf", tiff(6))) == Bytes{6, 2, 7, 3});
}

TEST_CASE("JPEG files are turned too") {
  const Folder folder;
  write_jpeg(folder.file("a.jpg"), {8, 16}, {0});  // a black band that lies
  const std::string lying = read_bytes(folder.file("a.jpg"));
  const SettingValues settings = {{"size", int64_t{16}}, {"channels", int64_t{1}}, {"fit", "pad"}};
  const auto stands = [&](const std::string& bytes) {
    write(folder.file("a.jpg"), bytes);
    const Bytes seen = only_picture(folder, settings);
    CHECK(seen[8 * 16 + 8] == 0);
    CHECK(seen[8] != seen[8 * 16]);  // in the middle of the upper and of the left side
    return seen[8] == 0;
  };
  CHECK_FALSE(stands(lying));
  CHECK_FALSE(stands(with_segment(lying, exif + tiff(3))));
  CHECK(stands(with_segment(lying, exif + tiff(6))));
  CHECK(stands(with_segment(lying, exif + tiff(8, true))));
  CHECK(stands(with_segment(with_segment(lying, exif + tiff(6)), "http://ns.adobe.com/xap/1.0/")));  // of another kind
}
