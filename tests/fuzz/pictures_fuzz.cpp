// A folder with one picture. The first two bytes of an input are settings of image-folder, the others the file.
#include <png.h>
#include <zlib.h>

#include <array>

#include "../plugins/folder.hpp"
#include "check_dataset.hpp"

namespace {

using namespace atelier::testing;

struct Options {
  std::string fit;
  int64_t channels, size;
  bool right_checksums;
};

Options options_of(uint8_t first, uint8_t second) {
  constexpr std::array fits = {"crop", "pad", "stretch"};
  return {fits[(first & 0x0F) % fits.size()], (first & 0x10) != 0 ? 1 : 3, 1 + second % 20, (first & 0x80) != 0};
}

// A chunk of PNG is its length, its kind, as many bytes, and the checksum of both, by which a mutated one would be
// found out before anything looks at it.
void correct_checksums(std::string& png) {
  constexpr size_t signature = 8, length_and_kind = 8, checksum = 4;
  const auto bytes = [&](size_t at) { return reinterpret_cast<png_bytep>(png.data() + at); };
  for (size_t at = signature; at + length_and_kind + checksum <= png.size();) {
    const size_t length = png_get_uint_32(bytes(at));
    if (length > png.size() - at - length_and_kind - checksum) {
      break;
    }
    const size_t end = at + length_and_kind + length;
    png_save_uint_32(bytes(end), static_cast<png_uint_32>(crc32(0, bytes(at + 4), static_cast<uInt>(length + 4))));
    at = end + checksum;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const DatasetHost host(&atelier_plugin);
  static const Folder folder;
  if (size < 2) {
    return 0;
  }
  const Options options = options_of(data[0], data[1]);
  std::string bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
  if (options.right_checksums) {
    correct_checksums(bytes);
  }
  std::filesystem::create_directory(folder.path / "class");
  write(folder.file("class/picture.png"), bytes);
  atelier::fuzz::check_dataset(host.make("image-folder", {{"directory", folder.path.string()},
                                                          {"fit", options.fit},
                                                          {"channels", options.channels},
                                                          {"size", options.size},
                                                          {"test_fraction", 0.0}}));
  return 0;
}
