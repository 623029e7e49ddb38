#include "kernels/warm_up.hpp"

#include <array>

#include "kernels/sgemm.hpp"

namespace atelier::kernels {

WarmUp::WarmUp(int threads) {
  if (threads > 1) {
    thread_ = std::jthread([] {
      constexpr int64_t n = 4;
      const std::array<float, n * n> zeros{};
      std::array<float, n * n> product{};
      multiply(false, false, n, n, n, zeros.data(), n, zeros.data(), n, false, product.data(), n);
    });
  }
}

}  // namespace atelier::kernels
