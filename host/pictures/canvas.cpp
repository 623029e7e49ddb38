#include "pictures/canvas.hpp"

#include <dlfcn.h>

#include <cmath>
#include <filesystem>
#include <stdexcept>

#include "base/error.hpp"
#include "base/printable.hpp"

namespace atelier::pictures {
namespace {

namespace fs = std::filesystem;

fs::path library_file() {
  const fs::path prefix = fs::read_symlink("/proc/self/exe").parent_path().parent_path();
  const fs::path built = prefix / "lib/atelier" / ATELIER_CANVAS;
  return fs::exists(built) ? built : prefix / ATELIER_LIBRARY_SUBDIR / ATELIER_CANVAS;
}

// Never unloaded, as GLib cannot be.
MakeCanvas load() {
  const fs::path file = library_file();
  void* const library = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  void* const symbol = library != nullptr ? dlsym(library, "atelier_make_canvas") : nullptr;
  if (symbol == nullptr) {
    throw Error(ErrorKind::file, "pictures with text cannot be drawn: {}", dlerror());
  }
  return reinterpret_cast<MakeCanvas>(symbol);
}

Text shown(Text text) {
  text.text = printable(text.text);
  return text;
}

ImageStack drawn(const Drawing& drawing, Canvas& canvas) {
  for (const Element& one : drawing.elements) {
    if (const Text* const text = std::get_if<Text>(&one)) {
      canvas.draw(shown(*text));
    } else {
      std::visit([&](const auto& of) { canvas.draw(of); }, one);
    }
  }
  return canvas.pixels();
}

}  // namespace

std::unique_ptr<Canvas> make_canvas(int width, int height, double scale) {
  static const MakeCanvas make = load();
  return std::unique_ptr<Canvas>(make(width, height, scale));
}

double width_of(const Text& text) {
  static const std::unique_ptr<Canvas> canvas = make_canvas(1, 1, 1);
  return canvas->width_of(shown(text));
}

ImageStack to_pixels(const Drawing& drawing, double scale) {
  constexpr double most = 32767;  // of Cairo
  const double width = std::ceil(drawing.width * scale);
  const double height = std::ceil(drawing.height * scale);
  if (width > most || height > most) {
    throw Error(ErrorKind::usage,
                "a picture of {:.0f}x{:.0f} pixels is too large, expected at most {:.0f} each way; hint: "
                "fewer images, or a smaller --scale",
                width, height, most);
  }
  try {
    return drawn(drawing, *make_canvas(static_cast<int>(width), static_cast<int>(height), scale));
  } catch (const std::length_error& error) {
    throw Error(ErrorKind::memory, "the picture is too large to be drawn: {}", error.what());
  } catch (const std::bad_alloc& error) {
    throw Error(ErrorKind::memory, "the picture is too large to be drawn: {}", error.what());
  }
}

}  // namespace atelier::pictures
