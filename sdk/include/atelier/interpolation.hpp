// Paths through a latent space, for the views of models.
#pragma once

#include <atelier/context.hpp>
#include <cmath>
#include <numbers>

namespace atelier {

// k vectors from a to b, (n, Z) each, over cos t a + sin t b, as (n, k, Z): where a and b are drawn from N(0, I), so is
// every point between, while a straight line's middle is nearer to 0 than draws are.
inline Tensor interpolation(const Recording& recording, Tensor a, Tensor b, int64_t k, Location at = {}) {
  std::vector<float> cosines, sines;
  for (int64_t i = 0; i < k; ++i) {
    const double t = std::numbers::pi / 2 * static_cast<double>(i) / static_cast<double>(k - 1);
    cosines.push_back(static_cast<float>(std::cos(t)));
    sines.push_back(static_cast<float>(std::sin(t)));
  }
  const auto along = [&](Tensor from, const std::vector<float>& weights) -> Tensor {
    return At(from.reshape({from.dim(0), 1, from.dim(1)}, at), at) * At(recording.constant({1, k, 1}, weights, at), at);
  };
  return At(along(a, cosines), at) + At(along(b, sines), at);
}

}  // namespace atelier
