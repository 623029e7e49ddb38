// Lines, areas and text, to be written as SVG or drawn as pixels: the same drawing either way.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "pictures/image_stack.hpp"

namespace atelier::pictures {

struct Colour {
  uint8_t red = 0, green = 0, blue = 0;
  double opacity = 1;
};

// In pixels from the upper left corner.
struct Point {
  double x = 0, y = 0;
};

struct Line {
  std::vector<Point> points;
  Colour colour;
  double width = 1;
  std::vector<double> dashes{};  // lengths of dash and gap; none: a whole line
};

struct Area {
  std::vector<Point> outline;
  Colour colour;
};

enum class Anchor { start, middle, end };

struct Text {
  Point at;  // on the baseline
  std::string text;
  double size = 12;  // of the font, in pixels
  Anchor anchor = Anchor::start;
  Colour colour{};
  bool bold = false;
  bool upwards = false;  // read from below
};

// Pixels as squares of `scale` pixels, never blurred.
struct Picture {
  Point at;
  ImageStack image;  // one, of 1 or 3 channels
  double scale = 1;
};

using Element = std::variant<Area, Line, Text, Picture>;

struct Drawing {
  double width = 0, height = 0;
  std::vector<Element> elements;  // later ones cover earlier ones
};

// How wide a text will be, as Pango lays it out with the fonts that are there.
double width_of(const Text& text);

// An SVG 1.1 document with text as text. Throws Error(internal) for drawings with pictures.
std::string to_svg(const Drawing& drawing);
// One image of 3 channels on white, `scale` pixels for each of the drawing's.
ImageStack to_pixels(const Drawing& drawing, double scale);

}  // namespace atelier::pictures
