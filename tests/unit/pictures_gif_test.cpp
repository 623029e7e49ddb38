#include <doctest/doctest.h>
#include <gif_lib.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "pictures/gif.hpp"

using namespace atelier::pictures;

namespace {

// What a reader of the file sees: red, green and blue of every pixel, frame after frame.
std::vector<uint8_t> shown(const ImageStack& frames) {
  std::string path = (std::filesystem::temp_directory_path() / "atelier-gif-XXXXXX").string();
  close(mkstemp(path.data()));
  write_gif(path, frames, 10);
  int error = 0;
  GifFileType* const file = DGifOpenFileName(path.c_str(), &error);
  REQUIRE(file != nullptr);
  REQUIRE(DGifSlurp(file) == GIF_OK);
  std::vector<uint8_t> out;
  CHECK(file->ImageCount == frames.count);
  for (int frame = 0; frame < file->ImageCount; ++frame) {
    for (int64_t i = 0; i < frames.width * frames.height; ++i) {
      const GifColorType& colour = file->SColorMap->Colors[file->SavedImages[frame].RasterBits[i]];
      out.insert(out.end(), {colour.Red, colour.Green, colour.Blue});
    }
  }
  DGifCloseFile(file, &error);
  std::filesystem::remove(path);
  return out;
}

int largest_difference(const std::vector<uint8_t>& a, const std::vector<uint8_t>& b) {
  REQUIRE(a.size() == b.size());
  int largest = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    largest = std::max(largest, std::abs(a[i] - b[i]));
  }
  return largest;
}

}  // namespace

TEST_CASE("gif: up to 256 colours are kept as they are") {
  ImageStack frames{2, 4, 8, 3, {}};
  for (int i = 0; i < 2 * 4 * 8; ++i) {
    frames.pixels.insert(frames.pixels.end(),
                         {static_cast<uint8_t>(100 + i), static_cast<uint8_t>(255 - i), static_cast<uint8_t>(i * 3)});
  }
  CHECK(shown(frames) == frames.pixels);
}

TEST_CASE("gif: of more colours the nearest are shown, and greys stay grey") {
  ImageStack frames{1, 64, 64, 3, {}};
  for (int y = 0; y < 64; ++y) {
    for (int x = 0; x < 64; ++x) {  // muted colours around a grey, as photographs have them
      frames.pixels.insert(frames.pixels.end(), {static_cast<uint8_t>(110 + x / 2), static_cast<uint8_t>(110 + y / 2),
                                                 static_cast<uint8_t>(110 + (x + y) / 4)});
    }
  }
  CHECK(largest_difference(shown(frames), frames.pixels) <= 12);  // the fixed palette of 6 x 7 x 6 was off by up to 25
}

TEST_CASE("gif: grey images have all their levels") {
  ImageStack frames{1, 16, 16, 1, {}};
  for (int i = 0; i < 256; ++i) {
    frames.pixels.push_back(static_cast<uint8_t>(i));
  }
  const std::vector<uint8_t> seen = shown(frames);
  for (size_t i = 0; i < 256; ++i) {
    CHECK(seen[3 * i] == i);
  }
}
