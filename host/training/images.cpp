// Grids of images, and PNG files.
#include <png.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/error.hpp"
#include "runlog/reader.hpp"
#include "training/training.hpp"

namespace atelier::training {
namespace {

constexpr int64_t gap = 2;  // pixels between images

}  // namespace

ImageStack grid(const ImageStack& images, int64_t columns) {
  if (columns <= 0) {
    columns = static_cast<int64_t>(std::ceil(std::sqrt(static_cast<double>(images.count))));
  }
  columns = std::min(columns, std::max<int64_t>(images.count, 1));
  const int64_t rows = (images.count + columns - 1) / columns;
  ImageStack out{1, rows * (images.height + gap) - gap, columns * (images.width + gap) - gap, images.channels, {}};
  out.pixels.assign(static_cast<size_t>(out.height * out.width * out.channels), 255);
  const int64_t line = images.width * images.channels;
  for (int64_t n = 0; n < images.count; ++n) {
    for (int64_t y = 0; y < images.height; ++y) {
      const int64_t to_row = n / columns * (images.height + gap) + y;
      const int64_t to = (to_row * out.width + n % columns * (images.width + gap)) * images.channels;
      std::memcpy(out.pixels.data() + to, images.pixels.data() + (n * images.height + y) * line,
                  static_cast<size_t>(line));
    }
  }
  return out;
}

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

std::filesystem::path newest_log(const std::filesystem::path& out_directory, const std::string& name) {
  const std::filesystem::path folder = out_directory / name;
  std::vector<std::filesystem::path> logs;
  if (std::filesystem::is_directory(folder)) {
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      if (entry.path().extension() == ".h5") {
        logs.push_back(entry.path());
      }
    }
  }
  std::ranges::sort(logs, std::greater<>{});  // names begin with the time
  for (const auto& log : logs) {
    try {
      if (runlog::Reader(log).status() == runlog::Status::finished) {
        return log;
      }
    } catch (const Error&) {  // a broken log is no reason not to take an older one
    }
  }
  throw Error(ErrorKind::file, "'{}' is no log, and {} has no finished run of that name", name, folder.string());
}

}  // namespace atelier::training
