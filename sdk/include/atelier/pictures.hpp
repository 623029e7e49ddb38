// Pictures in memory, as datasets make them: scaled, turned, coloured. The operations on tensors of images are in
// images.hpp. Only + - * / and comparisons, in a fixed order, so the bits are the same on every machine.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <vector>

namespace atelier {

// One plane of brightness, rows from the top; usually in [0, 1], where 0 is the ground.
struct GreyPicture {
  GreyPicture() = default;
  GreyPicture(int64_t rows, int64_t columns)
      : height(rows), width(columns), pixels(static_cast<size_t>(rows * columns), 0.0F) {}

  [[nodiscard]] float& at(int64_t row, int64_t column) { return pixels[static_cast<size_t>(row * width + column)]; }
  [[nodiscard]] float at(int64_t row, int64_t column) const {
    return pixels[static_cast<size_t>(row * width + column)];
  }
  [[nodiscard]] bool has(int64_t row, int64_t column) const {
    return row >= 0 && row < height && column >= 0 && column < width;
  }

  int64_t height = 0, width = 0;
  std::vector<float> pixels;
};

// Bilinearly between the middles of pixels: that of pixel (r, c) is at row r, column c. 0 outside.
inline double bilinear(const GreyPicture& picture, double row, double column) {
  const double top = std::floor(row), left = std::floor(column);
  const double down = row - top, right = column - left;
  const auto r = static_cast<int64_t>(top), c = static_cast<int64_t>(left);
  const auto value = [&](int64_t y, int64_t x) {
    return picture.has(y, x) ? static_cast<double>(picture.at(y, x)) : 0.0;
  };
  return (1 - down) * ((1 - right) * value(r, c) + right * value(r, c + 1)) +
         down * ((1 - right) * value(r + 1, c) + right * value(r + 1, c + 1));
}

namespace detail {

struct Span {  // what a pixel of a scaled line is made of: weights of old ones, the first being `first`
  int64_t first;
  std::vector<double> weights;
};

// Pixels are areas. Of a shorter line, each is the mean of what it covers; of a longer one, it lies between the middles
// of the two old pixels around it, the edges going on outside.
inline std::vector<Span> spans(int64_t from, int64_t to) {
  std::vector<Span> out;
  const double step = static_cast<double>(from) / static_cast<double>(to);
  for (int64_t i = 0; i < to; ++i) {
    if (to <= from) {
      const double low = static_cast<double>(i) * step, high = std::min(low + step, static_cast<double>(from));
      Span& span = out.emplace_back(Span{static_cast<int64_t>(low), {}});
      for (int64_t k = span.first; k < from && static_cast<double>(k) < high; ++k) {
        const double covered = std::min(high, static_cast<double>(k + 1)) - std::max(low, static_cast<double>(k));
        span.weights.push_back(covered / step);
      }
    } else {
      const double middle = std::clamp((static_cast<double>(i) + 0.5) * step - 0.5, 0.0, static_cast<double>(from - 1));
      const int64_t first = std::min(static_cast<int64_t>(middle), std::max<int64_t>(from - 2, 0));
      const double right = middle - static_cast<double>(first);
      out.push_back({first, from == 1 ? std::vector<double>{1.0} : std::vector<double>{1 - right, right}});
    }
  }
  return out;
}

}  // namespace detail

// The picture at another size: by area averaging where it shrinks, bilinearly where it grows.
inline GreyPicture scaled(const GreyPicture& picture, int64_t height, int64_t width) {
  if (height == picture.height && width == picture.width) {
    return picture;
  }
  const std::vector<detail::Span> rows = detail::spans(picture.height, height);
  const std::vector<detail::Span> columns = detail::spans(picture.width, width);
  GreyPicture out(height, width);
  for (int64_t r = 0; r < height; ++r) {
    for (int64_t c = 0; c < width; ++c) {
      const detail::Span &down = rows[static_cast<size_t>(r)], &across = columns[static_cast<size_t>(c)];
      double sum = 0;
      for (size_t y = 0; y < down.weights.size(); ++y) {
        for (size_t x = 0; x < across.weights.size(); ++x) {
          sum += down.weights[y] * across.weights[x] *
                 static_cast<double>(
                     picture.at(down.first + static_cast<int64_t>(y), across.first + static_cast<int64_t>(x)));
        }
      }
      out.at(r, c) = static_cast<float>(sum);
    }
  }
  return out;
}

using Colour = std::array<double, 3>;  // red, green, blue in [0, 1]

// Hue in [0, 1) around the colour circle, at full saturation: red, yellow, green, cyan, blue, magenta.
inline Colour from_hue(double hue) {
  const auto channel = [&](double centre) {
    const double apart = std::abs(6 * hue - centre);
    return std::clamp(2 - std::min(apart, 6 - apart), 0.0, 1.0);
  };
  return {channel(0), channel(2), channel(4)};
}

}  // namespace atelier
