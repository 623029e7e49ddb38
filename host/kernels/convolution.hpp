// Two-dimensional convolutions of images (B, C, H, W), row-major, and their gradients.
#pragma once

#include <cstdint>
#include <memory>

#include "kernels/kernel.hpp"

namespace atelier::kernels {

// x is (batch, in_channels, in_height, in_width), w is (out_channels, in_channels / groups, kernel_height,
// kernel_width), y is (batch, out_channels, out_height, out_width). Channel o of y is
//   y(oy, ox) = sum over c, ky, kx of w(o, c, ky, kx) x(c, oy stride_y + ky dilation_y - pad_top, ...),
// where x is 0 outside, and c runs over the channels of o's group.
struct ConvolutionSpec {
  int64_t batch = 1;
  int64_t in_channels = 1;
  int64_t out_channels = 1;
  int64_t in_height = 1;
  int64_t in_width = 1;
  int64_t kernel_height = 1;
  int64_t kernel_width = 1;
  int64_t stride_y = 1;
  int64_t stride_x = 1;
  int64_t pad_top = 0;
  int64_t pad_bottom = 0;
  int64_t pad_left = 0;
  int64_t pad_right = 0;
  int64_t dilation_y = 1;
  int64_t dilation_x = 1;
  int64_t groups = 1;

  [[nodiscard]] int64_t out_height() const {
    return (in_height + pad_top + pad_bottom - dilation_y * (kernel_height - 1) - 1) / stride_y + 1;
  }
  [[nodiscard]] int64_t out_width() const {
    return (in_width + pad_left + pad_right - dilation_x * (kernel_width - 1) - 1) / stride_x + 1;
  }
};

// All for f32 and f64. They throw Error(shape) where the kernel is larger than the padded image, or where the groups do
// not divide the channels.
std::unique_ptr<Kernel> make_convolution_forward(const ConvolutionSpec& spec, tensor::DType dtype);  // x, w -> y
std::unique_ptr<Kernel> make_convolution_data_gradient(const ConvolutionSpec& spec,
                                                       tensor::DType dtype);  // dy, w -> dx
std::unique_ptr<Kernel> make_convolution_weight_gradient(const ConvolutionSpec& spec,
                                                         tensor::DType dtype);  // x, dy -> dw

}  // namespace atelier::kernels
