// What the files of kernels share in making them.
#pragma once

#include <cstdint>
#include <memory>

#include "base/error.hpp"
#include "kernels/kernel.hpp"

namespace atelier::kernels {

constexpr int64_t ceil_divide(int64_t a, int64_t b) {
  return (a + b - 1) / b;
}

// KernelOf<float> or KernelOf<double>.
template <template <typename> typename KernelOf, typename... Parameters>
std::unique_ptr<Kernel> make_real(tensor::DType dtype, const Parameters&... parameters) {
  ATELIER_CHECK(dtype != tensor::DType::i64);
  if (dtype == tensor::DType::f32) {
    return std::make_unique<KernelOf<float>>(parameters...);
  }
  return std::make_unique<KernelOf<double>>(parameters...);
}

}  // namespace atelier::kernels
