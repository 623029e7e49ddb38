#include "pictures/gif.hpp"

#include <gif_lib.h>

#include <array>
#include <memory>
#include <new>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/error.hpp"

namespace atelier::pictures {
namespace {

constexpr size_t palette_colours = 256;

// The colours of all frames, and each pixel's place among them.
struct Palette {
  std::array<GifColorType, palette_colours> map{};
  std::vector<GifByteType> places;  // (frame, row, column)
};

Palette grey_palette(const ImageStack& frames) {
  Palette out;
  for (size_t i = 0; i < palette_colours; ++i) {
    const auto grey = static_cast<GifByteType>(i);
    out.map[i] = {grey, grey, grey};
  }
  out.places.assign(frames.pixels.begin(), frames.pixels.end());
  return out;
}

// False where there are more of them than a palette has.
bool take_exact_colours(const ImageStack& frames, Palette& out) {
  std::unordered_map<uint32_t, GifByteType> known;
  for (size_t i = 0; i + 2 < frames.pixels.size(); i += 3) {
    const uint8_t* pixel = frames.pixels.data() + i;
    const auto colour = static_cast<uint32_t>(pixel[0] << 16 | pixel[1] << 8 | pixel[2]);
    const auto [place, is_new] = known.try_emplace(colour, static_cast<GifByteType>(known.size()));
    if (known.size() > palette_colours) {
      return false;
    }
    if (is_new) {
      out.map[place->second] = {pixel[0], pixel[1], pixel[2]};
    }
    out.places[i / 3] = place->second;
  }
  return true;
}

// Median cut (Heckbert 1982), over all frames together, so that a colour that stays does not flicker.
void take_nearest_colours(const ImageStack& frames, Palette& out) {
  std::array<std::vector<GifByteType>, 3> primaries;
  for (size_t c = 0; c < primaries.size(); ++c) {
    primaries[c].reserve(out.places.size());
    for (size_t i = c; i < frames.pixels.size(); i += 3) {
      primaries[c].push_back(frames.pixels[i]);
    }
  }
  auto size = static_cast<int>(palette_colours);
  if (GifQuantizeBuffer(static_cast<unsigned>(frames.width), static_cast<unsigned>(frames.height * frames.count), &size,
                        primaries[0].data(), primaries[1].data(), primaries[2].data(), out.places.data(),
                        out.map.data()) == GIF_ERROR) {
    throw std::bad_alloc();  // its only error
  }
}

Palette palette_of(const ImageStack& frames) {
  if (frames.channels == 1) {
    return grey_palette(frames);
  }
  Palette out;
  out.places.resize(frames.pixels.size() / 3);
  if (!take_exact_colours(frames, out)) {
    take_nearest_colours(frames, out);
  }
  return out;
}

class GifFile {
 public:
  GifFile(const std::filesystem::path& path, const ImageStack& frames)
      : path_(path), frames_(frames), palette_(palette_of(frames)) {
    int error = 0;
    file_ = EGifOpenFileName(path.c_str(), false, &error);
    if (file_ == nullptr) {
      throw Error(ErrorKind::file, "{}: cannot be written: {}", path.string(), reason(error));
    }
  }
  ~GifFile() {
    if (file_ != nullptr) {
      EGifCloseFile(file_, nullptr);
    }
  }
  GifFile(const GifFile&) = delete;
  GifFile& operator=(const GifFile&) = delete;

  void begin() {
    const std::unique_ptr<ColorMapObject, void (*)(ColorMapObject*)> map(
        GifMakeMapObject(static_cast<int>(palette_colours), palette_.map.data()), GifFreeMapObject);
    EGifSetGifVersion(file_, true);
    check(EGifPutScreenDesc(file_, width(), height(), 8, 0, map.get()));
    const std::array<unsigned char, 3> repeat_forever{1, 0, 0};  // of Netscape's extension
    check(EGifPutExtensionLeader(file_, APPLICATION_EXT_FUNC_CODE));
    check(EGifPutExtensionBlock(file_, 11, "NETSCAPE2.0"));
    check(EGifPutExtensionBlock(file_, static_cast<int>(repeat_forever.size()), repeat_forever.data()));
    check(EGifPutExtensionTrailer(file_));
  }

  void put(int64_t frame, int hundredths) {
    const GraphicsControlBlock control{DISPOSE_DO_NOT, false, hundredths, NO_TRANSPARENT_COLOR};
    std::array<GifByteType, 4> extension{};
    EGifGCBToExtension(&control, extension.data());
    check(EGifPutExtension(file_, GRAPHICS_EXT_FUNC_CODE, static_cast<int>(extension.size()), extension.data()));
    check(EGifPutImageDesc(file_, 0, 0, width(), height(), false, nullptr));
    GifByteType* line = palette_.places.data() + frame * frames_.height * frames_.width;
    for (int64_t y = 0; y < frames_.height; ++y, line += frames_.width) {
      check(EGifPutLine(file_, line, width()));
    }
  }

  void close() {
    int error = 0;
    if (EGifCloseFile(std::exchange(file_, nullptr), &error) == GIF_ERROR) {
      throw Error(ErrorKind::file, "{}: cannot be written: {}", path_.string(), reason(error));
    }
  }

 private:
  static std::string reason(int error) {
    const char* text = GifErrorString(error);
    return text == nullptr ? "unknown error" : text;
  }
  void check(int status) {
    if (status == GIF_ERROR) {
      throw Error(ErrorKind::file, "{}: cannot be written: {}", path_.string(), reason(file_->Error));
    }
  }
  [[nodiscard]] int width() const { return static_cast<int>(frames_.width); }
  [[nodiscard]] int height() const { return static_cast<int>(frames_.height); }

  std::filesystem::path path_;
  const ImageStack& frames_;
  Palette palette_;
  GifFileType* file_ = nullptr;
};

}  // namespace

void write_gif(const std::filesystem::path& path, const ImageStack& frames, int hundredths) {
  constexpr int64_t largest = 65535;
  if (frames.width > largest || frames.height > largest) {
    throw Error(ErrorKind::file, "{}: a GIF image has at most {} pixels a side, got {}x{}", path.string(), largest,
                frames.width, frames.height);
  }
  GifFile file(path, frames);
  file.begin();
  for (int64_t frame = 0; frame < frames.count; ++frame) {
    file.put(frame, hundredths);
  }
  file.close();
}

}  // namespace atelier::pictures
