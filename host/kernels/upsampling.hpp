// Images (B, H, W, C) of another size. Both for f32 and f64.
#pragma once

#include <cstdint>
#include <memory>

#include "kernels/kernel.hpp"

namespace atelier::kernels {

// Output pixel i of an axis of n, made of one of m, lies at max(0, (i + 1/2) m / n - 1/2), and is blended of the two
// pixels around it.
struct ResizeSpec {
  int64_t batch = 1;
  int64_t height = 1;  // of x
  int64_t width = 1;
  int64_t out_height = 1;  // of y
  int64_t out_width = 1;
  int64_t channels = 1;
};

std::unique_ptr<Kernel> make_resize_bilinear(const ResizeSpec& spec, tensor::DType dtype);            // x -> y
std::unique_ptr<Kernel> make_resize_bilinear_transpose(const ResizeSpec& spec, tensor::DType dtype);  // dy -> dx

}  // namespace atelier::kernels
