// What the files of kernels share in making them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <memory>

#include "base/error.hpp"
#include "kernels/kernel.hpp"

namespace atelier::kernels {

constexpr int64_t ceil_divide(int64_t a, int64_t b) {
  return (a + b - 1) / b;
}

// The largest divisor of n up to a limit: what is cut by it comes in equal parts, so that the same image has the same
// bits wherever it stands in a batch (oneDNN adds up in another order where a product has few rows).
inline int64_t divisor_up_to(int64_t limit, int64_t n) {
  int64_t divisor = std::clamp<int64_t>(limit, 1, std::max<int64_t>(1, n));
  while (n % divisor != 0) {
    --divisor;
  }
  return divisor;
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

// The same, or KernelOf<int64_t>.
template <template <typename> typename KernelOf, typename... Parameters>
std::unique_ptr<Kernel> make_number(tensor::DType dtype, const Parameters&... parameters) {
  if (dtype == tensor::DType::i64) {
    return std::make_unique<KernelOf<int64_t>>(parameters...);
  }
  return make_real<KernelOf>(dtype, parameters...);
}

// What an index out of range reads.
template <typename T>
constexpr T missing = std::numeric_limits<T>::has_quiet_NaN ? std::numeric_limits<T>::quiet_NaN()
                                                            : std::numeric_limits<T>::min();

// Of integers it wraps around.
template <typename T>
constexpr T sum(T a, T b) {
  if constexpr (std::numeric_limits<T>::is_integer) {
    return static_cast<T>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b));
  } else {
    return a + b;
  }
}

}  // namespace atelier::kernels
