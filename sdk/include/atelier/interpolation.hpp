// Paths through a latent space, for the views of models.
#pragma once

#include <atelier/recording.hpp>
#include <cmath>
#include <numbers>

namespace atelier {

// k vectors from a to b, (n, Z) each, over cos t a + sin t b, as (n, k, Z): where a and b are drawn from N(0, I), so is
// every point between, while a straight line's middle is nearer to 0 than draws are.
inline Tensor interpolation(const Recording& recording, Tensor a, Tensor b, int64_t k = 10, Location at = {}) {
  const CalledFrom caller(at);
  std::vector<float> cosines, sines;
  for (int64_t i = 0; i < k; ++i) {
    const double t = std::numbers::pi / 2 * static_cast<double>(i) / static_cast<double>(k - 1);
    cosines.push_back(static_cast<float>(std::cos(t)));
    sines.push_back(static_cast<float>(std::sin(t)));
  }
  const auto along = [&](Tensor from, const std::vector<float>& weights) -> Tensor {
    return from.reshape({from.dim(0), 1, from.dim(1)}) * recording.constant({1, k, 1}, weights);
  };
  return along(a, cosines) + along(b, sines);
}

// Of the same paths, from t = 0 to 1, what a draw a has become at a uniform t, and at t + path_step, as (n, 2, Z): a
// model's output "path_step" is what it makes of these. The second point is found along the path's direction, as two
// cosines would differ by hardly more than their rounding.
constexpr double path_step = 1e-4;
inline Tensor step_between(const Recording& recording, Tensor a, Tensor b, Location at = {}) {
  const CalledFrom caller(at);
  const Tensor angle = recording.uniform({a.dim(0), 1}) * (std::numbers::pi / 2);
  const Tensor here = cos(angle) * a + sin(angle) * b;
  const Tensor direction = (cos(angle) * b - sin(angle) * a) * (std::numbers::pi / 2);  // dz / dt
  const Tensor there = here + direction * path_step;
  return concatenate({here.reshape({-1, 1, a.dim(1)}), there.reshape({-1, 1, a.dim(1)})}, 1);
}

// (n, k, Z), where row i has the latent dimension i at k values from -reach to reach, and the others as in z, (1, Z).
// Higgins et al. 2017, section 4.1: 3 standard deviations of the prior.
inline Tensor traversal(const Recording& recording, Tensor z, int64_t n, int64_t k = 10, double reach = 3,
                        Location at = {}) {
  const CalledFrom caller(at);
  std::vector<int64_t> dimensions;
  for (int64_t i = 0; i < n; ++i) {
    dimensions.push_back(i);
  }
  std::vector<float> values;
  for (int64_t i = 0; i < k; ++i) {
    values.push_back(static_cast<float>(reach * (2.0 * static_cast<double>(i) / static_cast<double>(k - 1) - 1)));
  }
  const Tensor moved = one_hot(recording.constant({n}, dimensions), z.dim(1)).reshape({n, 1, z.dim(1)});
  return z * (1.0 - moved) + recording.constant({1, k, 1}, values) * moved;
}

}  // namespace atelier
