#include "ground.hpp"

namespace digit_scenes {

using namespace atelier;

namespace {

constexpr int octaves = 4;
constexpr int64_t coarsest = 2;  // cells across the square in the first octave; each octave has twice as many
constexpr double finer = 0.65;   // amplitude of an octave, as a part of the one before
constexpr double slope = 0.8;    // of the gradient

enum Ordinal : uint64_t { direction_part, first_octave_part };

// Random values at the corners of cells, and between them the smoothest curve that a cubic gives.
void add_octave(const Draws& draws, int64_t cells, double amplitude, GreyPicture& out) {
  std::vector<double> corners;
  for (int64_t i = 0; i < (cells + 1) * (cells + 1); ++i) {
    corners.push_back(draws.uniform(static_cast<uint64_t>(i), 0, 1));
  }
  const auto corner = [&](int64_t row, int64_t column) {
    return corners[static_cast<size_t>(row * (cells + 1) + column)];
  };
  const auto smooth = [](double t) { return t * t * (3 - 2 * t); };
  const double step = static_cast<double>(cells) / static_cast<double>(out.height);
  for (int64_t row = 0; row < out.height; ++row) {
    const double y = (static_cast<double>(row) + 0.5) * step;
    const auto top = static_cast<int64_t>(y);
    const double down = smooth(y - static_cast<double>(top));
    for (int64_t column = 0; column < out.width; ++column) {
      const double x = (static_cast<double>(column) + 0.5) * step;
      const auto left = static_cast<int64_t>(x);
      const double right = smooth(x - static_cast<double>(left));
      const double above = (1 - right) * corner(top, left) + right * corner(top, left + 1);
      const double below = (1 - right) * corner(top + 1, left) + right * corner(top + 1, left + 1);
      out.at(row, column) += static_cast<float>(amplitude * ((1 - down) * above + down * below));
    }
  }
}

void add_gradient(const UnitVector& towards, GreyPicture& out) {
  const double middle = 0.5 * static_cast<double>(out.height - 1);
  for (int64_t row = 0; row < out.height; ++row) {
    for (int64_t column = 0; column < out.width; ++column) {
      const double x = static_cast<double>(column) - middle, y = static_cast<double>(row) - middle;
      out.at(row, column) +=
          static_cast<float>(slope * (x * towards.x + y * towards.y) / static_cast<double>(out.height));
    }
  }
}

}  // namespace

GreyPicture ground(const Draws& draws, int64_t size) {
  GreyPicture out(size, size);
  add_gradient(direction(draws.part(direction_part)), out);
  double amplitude = 0.5;
  int64_t cells = coarsest;
  for (uint64_t octave = 0; octave < octaves; ++octave, amplitude *= finer, cells *= 2) {
    add_octave(draws.part(first_octave_part + octave), cells, amplitude, out);
  }
  const auto [darkest, brightest] = std::minmax_element(out.pixels.begin(), out.pixels.end());
  const float low = *darkest, range = *brightest - *darkest;
  for (float& pixel : out.pixels) {
    pixel = (pixel - low) / range;
  }
  return out;
}

}  // namespace digit_scenes
