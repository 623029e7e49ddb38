// Inside this room only: pixels that lines, areas and text are drawn on. They are Cairo's and Pango's, which come with
// forty libraries: a library of its own (cairo_canvas.cpp) has them, which is loaded where something is drawn, as
// everything else that the program does would begin later.
#pragma once

#include <memory>

#include "pictures/drawing.hpp"

namespace atelier::pictures {

class Canvas {
 public:
  Canvas() = default;
  Canvas(const Canvas&) = delete;
  Canvas& operator=(const Canvas&) = delete;
  virtual ~Canvas() = default;

  virtual void draw(const Area& area) = 0;
  virtual void draw(const Line& line) = 0;
  virtual void draw(const Text& text) = 0;  // as it is: nothing that cannot be printed may be in it
  virtual void draw(const Picture& picture) = 0;
  [[nodiscard]] virtual double width_of(const Text& text) const = 0;
  [[nodiscard]] virtual ImageStack pixels() const = 0;
};

// Of the library: white, of so many pixels, `scale` of them for each of a drawing's. It and the canvas throw
// std::length_error for what is too large, std::runtime_error for anything else.
using MakeCanvas = Canvas* (*)(int width, int height, double scale);

// Throws Error(file) where the library cannot be loaded.
std::unique_ptr<Canvas> make_canvas(int width, int height, double scale);

}  // namespace atelier::pictures
