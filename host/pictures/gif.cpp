#include "pictures/gif.hpp"

#include <gif_lib.h>

#include <array>
#include <memory>

#include "base/error.hpp"

namespace atelier::pictures {
namespace {

constexpr int colours = 256;
// Of a colour image: so many levels of red, green and blue, 6 x 7 x 6 = 252 colours. Grey images have all their 256.
constexpr std::array<int, 3> levels{6, 7, 6};

class GifFile {
 public:
  GifFile(const std::filesystem::path& path, const ImageStack& frames) : path_(path), frames_(frames) {
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
    const std::array<GifColorType, colours> palette = make_palette();
    const std::unique_ptr<ColorMapObject, void (*)(ColorMapObject*)> map(GifMakeMapObject(colours, palette.data()),
                                                                         GifFreeMapObject);
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
    std::vector<GifByteType> line(static_cast<size_t>(frames_.width));
    for (int64_t y = 0; y < frames_.height; ++y) {
      for (int64_t x = 0; x < frames_.width; ++x) {
        line[static_cast<size_t>(x)] =
            index_of(frames_.pixels.data() + ((frame * frames_.height + y) * frames_.width + x) * frames_.channels);
      }
      check(EGifPutLine(file_, line.data(), width()));
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

  [[nodiscard]] std::array<GifColorType, colours> make_palette() const {
    std::array<GifColorType, colours> out{};
    for (int i = 0; i < colours; ++i) {
      const auto grey = static_cast<GifByteType>(i);
      out[static_cast<size_t>(i)] = {grey, grey, grey};
    }
    if (frames_.channels == 3) {
      for (int i = 0; i < levels[0] * levels[1] * levels[2]; ++i) {
        const auto level = [](int place, int count) { return static_cast<GifByteType>(place * 255 / (count - 1)); };
        out[static_cast<size_t>(i)] = {level(i / (levels[1] * levels[2]), levels[0]),
                                       level(i / levels[2] % levels[1], levels[1]), level(i % levels[2], levels[2])};
      }
    }
    return out;
  }

  [[nodiscard]] GifByteType index_of(const uint8_t* pixel) const {
    if (frames_.channels == 1) {
      return *pixel;
    }
    int index = 0;
    for (size_t c = 0; c < levels.size(); ++c) {
      index = index * levels[c] + (pixel[c] * (levels[c] - 1) + 127) / 255;
    }
    return static_cast<GifByteType>(index);
  }

  std::filesystem::path path_;
  const ImageStack& frames_;
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
