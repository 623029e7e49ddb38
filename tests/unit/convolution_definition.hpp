// What convolutions and products are held against: their definitions, in double precision.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernels/convolution.hpp"

namespace atelier::kernels::test {

// A square kernel, the same stride along both axes, and as many zeros on all sides.
inline ConvolutionSpec square_kernel(int64_t batch, int64_t in_channels, int64_t out_channels, int64_t height,
                                     int64_t width, int64_t kernel, int64_t stride, int64_t pad) {
  return {.batch = batch,
          .in_channels = in_channels,
          .out_channels = out_channels,
          .in_height = height,
          .in_width = width,
          .kernel_height = kernel,
          .kernel_width = kernel,
          .stride_y = stride,
          .stride_x = stride,
          .pad_top = pad,
          .pad_bottom = pad,
          .pad_left = pad,
          .pad_right = pad};
}

// Calls f(element of x, element of w, element of y) for every product of the definition.
template <typename Function>
void for_each_product(const ConvolutionSpec& s, Function&& f) {
  const int64_t in_channels = s.in_channels / s.groups;
  const int64_t out_channels = s.out_channels / s.groups;
  const auto taps = static_cast<size_t>(s.kernel_height * s.kernel_width);
  size_t at_y = 0;
  for (int64_t place = 0; place < s.batch * s.out_height() * s.out_width(); ++place) {
    const int64_t image = place / (s.out_height() * s.out_width());
    const int64_t row = place / s.out_width() % s.out_height() * s.stride_y - s.pad_top;
    const int64_t column = place % s.out_width() * s.stride_x - s.pad_left;
    for (int64_t o = 0; o < s.out_channels; ++o, ++at_y) {
      for (int64_t tap = 0; tap < s.kernel_height * s.kernel_width; ++tap) {
        const int64_t y = row + tap / s.kernel_width * s.dilation_y;
        const int64_t x = column + tap % s.kernel_width * s.dilation_x;
        if (y < 0 || y >= s.in_height || x < 0 || x >= s.in_width) {
          continue;
        }
        auto at_x = static_cast<size_t>(((image * s.in_height + y) * s.in_width + x) * s.in_channels +
                                        o / out_channels * in_channels);
        auto at_w = static_cast<size_t>(o * in_channels) * taps + static_cast<size_t>(tap);
        for (int64_t c = 0; c < in_channels; ++c, ++at_x, at_w += taps) {
          f(at_x, at_w, at_y);
        }
      }
    }
  }
}

// Sums of products, and of their magnitudes: rounding is a share of the latter.
struct Sums {
  explicit Sums(size_t n) : sum(n), magnitude(n) {}
  void add(size_t i, double product) {
    sum[i] += product;
    magnitude[i] += std::fabs(product);
  }
  std::vector<double> sum, magnitude;
};

}  // namespace atelier::kernels::test
