// Two-dimensional convolutions of images and their gradients. Images are channels-last, (B, H, W, C).
#pragma once

#include <cstdint>
#include <memory>

#include "kernels/kernel.hpp"

namespace atelier::kernels {

// x is (batch, in_height, in_width, in_channels), w is (out_channels, in_channels / groups, kernel_height,
// kernel_width), y is (batch, out_height, out_width, out_channels). Channel o of y is
//   y(oy, ox) = sum over c, ky, kx of w(o, c, ky, kx) x(oy stride_y + ky dilation_y - pad_top, ..., c),
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
  bool minimal_filtering =
      false;  // whether it may be computed so where that is faster: with some ten times the rounding errors

  [[nodiscard]] int64_t out_height() const {
    return (in_height + pad_top + pad_bottom - dilation_y * (kernel_height - 1) - 1) / stride_y + 1;
  }
  [[nodiscard]] int64_t out_width() const {
    return (in_width + pad_left + pad_right - dilation_x * (kernel_width - 1) - 1) / stride_x + 1;
  }
  [[nodiscard]] int64_t taps() const { return kernel_height * kernel_width; }
  [[nodiscard]] int64_t group_in_channels() const { return in_channels / groups; }
  [[nodiscard]] int64_t group_out_channels() const { return out_channels / groups; }
  [[nodiscard]] int64_t weight_elements() const { return out_channels * group_in_channels() * taps(); }
  [[nodiscard]] double flops() const {
    return 2.0 * static_cast<double>(batch * out_height() * out_width()) * static_cast<double>(weight_elements());
  }
};

enum class ConvolutionPass : uint8_t { forward, data_gradient };

// All for f32 and f64, with the fastest method for the spec, which the spec alone decides; and for bf16, of which
// images, gradients and packed weights are read, while what comes out, and the weights themselves, are f32. They throw
// Error(shape) where the kernel is larger than the padded image, or where the groups do not divide the channels.

// Whether a convolution gains from bfloat16, by its shape alone; and whether all three passes have it here, too.
bool suits_bfloat16(const ConvolutionSpec& spec);
bool has_bfloat16(const ConvolutionSpec& spec);

// The weights as a pass reads them: packed once for each version of the weights, whatever number of convolutions of
// the same spec use them.
int64_t packed_weight_elements(const ConvolutionSpec& spec, ConvolutionPass pass, tensor::DType dtype);
std::unique_ptr<Kernel> make_packed_weights(const ConvolutionSpec& spec, ConvolutionPass pass,
                                            tensor::DType dtype);  // w -> packed

std::unique_ptr<Kernel> make_convolution_forward(const ConvolutionSpec& spec, tensor::DType dtype);  // x, packed -> y
std::unique_ptr<Kernel> make_convolution_data_gradient(const ConvolutionSpec& spec,
                                                       tensor::DType dtype);  // dy, packed -> dx
std::unique_ptr<Kernel> make_convolution_weight_gradient(const ConvolutionSpec& spec,
                                                         tensor::DType dtype);  // x, dy -> dw

}  // namespace atelier::kernels
