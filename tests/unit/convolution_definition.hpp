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
  for (int64_t b = 0; b < s.batch; ++b) {
    for (int64_t o = 0; o < s.out_channels; ++o) {
      for (int64_t i = 0; i < s.out_height() * s.out_width(); ++i) {
        for (int64_t j = 0; j < in_channels * s.kernel_height * s.kernel_width; ++j) {
          const int64_t c = o / out_channels * in_channels + j / (s.kernel_height * s.kernel_width);
          const int64_t ky = j / s.kernel_width % s.kernel_height;
          const int64_t y = i / s.out_width() * s.stride_y + ky * s.dilation_y - s.pad_top;
          const int64_t x = i % s.out_width() * s.stride_x + j % s.kernel_width * s.dilation_x - s.pad_left;
          if (y >= 0 && y < s.in_height && x >= 0 && x < s.in_width) {
            f(static_cast<size_t>(((b * s.in_height + y) * s.in_width + x) * s.in_channels + c),
              static_cast<size_t>(o * in_channels * s.kernel_height * s.kernel_width + j),
              static_cast<size_t>((b * s.out_height() * s.out_width() + i) * s.out_channels + o));
          }
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
