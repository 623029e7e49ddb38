// Images sampled between their pixels (Jaderberg et al. 2015): x (B, H, W, C), at places grid (B, H', W', 2), each the
// column and the row in units of pixels, gives y (B, H', W', C):
//   y(p) = sum over pixels (i, j) of k(row - i) k(column - j) x(i, j), with k(d) = max(0, 1 - |d|).
// or, where `nearest`, the pixel of the whole numbers next to the place (of two, the even one). Outside of the image is
// 0. All for f32 and f64.
#pragma once

#include <cstdint>
#include <memory>

#include "kernels/kernel.hpp"

namespace atelier::kernels {

struct SampleSpec {
  int64_t batch = 1;
  int64_t height = 1;  // of x
  int64_t width = 1;
  int64_t out_height = 1;  // of the grid
  int64_t out_width = 1;
  int64_t channels = 1;
  // The derivative of k, from the right, in the place of k.
  bool derive_row = false;
  bool derive_column = false;
  bool nearest = false;
};

std::unique_ptr<Kernel> make_sample(const SampleSpec& spec, tensor::DType dtype);            // x, grid -> y
std::unique_ptr<Kernel> make_sample_transpose(const SampleSpec& spec, tensor::DType dtype);  // dy, grid -> dx

// No inputs; output (height width, 3): for each pixel its column and row, from -1 at the image's left and upper edge to
// 1 at the others, and 1.
std::unique_ptr<Kernel> make_pixel_places(int64_t height, int64_t width, tensor::DType dtype);

}  // namespace atelier::kernels
