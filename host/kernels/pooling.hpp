// Pooling of channels-last images (B, H, W, C), and what its gradients are made of. All for f32 and f64.
#pragma once

#include <cstdint>
#include <memory>

#include "kernels/kernel.hpp"

namespace atelier::kernels {

// The window of output pixel (oy, ox) is the kernel_height x kernel_width pixels of the image from
// (oy stride_y - pad_top, ox stride_x - pad_left) on, as far as they lie inside it. Each border is narrower than the
// kernel, so that no window is empty.
struct PoolingSpec {
  int64_t batch = 1;
  int64_t height = 1;
  int64_t width = 1;
  int64_t channels = 1;
  int64_t kernel_height = 1;
  int64_t kernel_width = 1;
  int64_t stride_y = 1;
  int64_t stride_x = 1;
  int64_t pad_top = 0;
  int64_t pad_bottom = 0;
  int64_t pad_left = 0;
  int64_t pad_right = 0;

  [[nodiscard]] int64_t out_height() const { return (height + pad_top + pad_bottom - kernel_height) / stride_y + 1; }
  [[nodiscard]] int64_t out_width() const { return (width + pad_left + pad_right - kernel_width) / stride_x + 1; }
};

// Input x; output y: the maximum of each window. nan wins.
std::unique_ptr<Kernel> make_max_pool(const PoolingSpec& spec, tensor::DType dtype);

// Inputs x and u, alike; output y: u where the window of x has its maximum, the first of equals in row-major order.
std::unique_ptr<Kernel> make_max_pool_gather(const PoolingSpec& spec, tensor::DType dtype);

// Its transpose in u. Inputs x and g, as the output; output dx: the sum of g of the windows whose maximum stands there.
std::unique_ptr<Kernel> make_max_pool_scatter(const PoolingSpec& spec, tensor::DType dtype);

// What the sum of a window is divided by.
enum class PoolingDivisor : uint8_t {
  none,
  kernel,  // the kernel's area: as if zeros were all around
  window,  // the pixels that lie inside the image
};

// Input x; output y: the sum of each window over its divisor.
std::unique_ptr<Kernel> make_sum_pool(const PoolingSpec& spec, PoolingDivisor divisor, tensor::DType dtype);

// Its transpose. Input g, as the output; output dx: the sum of g over its divisor of the windows that a pixel is in.
std::unique_ptr<Kernel> make_sum_pool_spread(const PoolingSpec& spec, PoolingDivisor divisor, tensor::DType dtype);

}  // namespace atelier::kernels
