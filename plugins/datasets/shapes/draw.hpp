// Draws one shape, with soft edges, in a square picture. Only + - * / and sqrt are used, which IEEE 754 rounds
// correctly, so the bits are the same on every machine.
#pragma once

#include <atelier/pictures.hpp>

namespace shapes {

enum class Kind { circle, square, triangle, cross, ring };
constexpr int kinds = 5;

struct Picture {
  Kind kind;
  double x, y;                             // centre, in pixels: x from the left edge, y from the top
  double radius;                           // of the circle around the shape, in pixels
  double cosine, sine;                     // of the rotation
  atelier::Colour foreground, background;  // a grey picture uses the first channel
};

// What picture `index` of a split shows. The kinds take turns, so that the classes are balanced. The whole shape is
// inside.
Picture choose(uint64_t seed, uint64_t split, int64_t index, int64_t size, int64_t channels);

// pixels: (channels, size, size), rows from the top, values in [0, 1]; channels is 1 or 3.
void draw(const Picture& picture, int64_t size, int64_t channels, float* pixels);

}  // namespace shapes
