#pragma once

#include <atelier/counted_draws.hpp>
#include <cmath>

#include "points.hpp"

namespace distances {

// A direction of space, uniform: a vector of normal numbers over its length (Muller 1959), which are sums of twelve
// uniform ones, less six, so that no library's logarithm decides a bit. The length is near 1 whatever its last bits.
inline Eigen::VectorXd direction_of(const atelier::Draws& draws, Index dimensions) {
  Eigen::VectorXd out(dimensions);
  for (Index i = 0; i < dimensions; ++i) {
    double sum = -6;
    for (uint64_t u = 0; u < 12; ++u) {
      sum += draws.uniform(static_cast<uint64_t>(i) * 12 + u, 0, 1);
    }
    out[i] = sum;
  }
  return out.normalized();
}

// Rabin et al. 2012, Bonneel et al. 2015: the root of the mean, over directions, of the squared 2-Wasserstein distance
// between what the sets are along the direction. Of equally many points.
inline double sliced_wasserstein_distance(const View& a, const View& b, int64_t directions, uint64_t seed) {
  double total = 0;
  for (int64_t d = 0; d < directions; ++d) {
    const Eigen::VectorXd direction = direction_of(atelier::Draws(seed, 0, static_cast<uint64_t>(d)), a.cols());
    Eigen::VectorXd along_a = a * direction;
    Eigen::VectorXd along_b = b * direction;
    std::sort(along_a.begin(), along_a.end());
    std::sort(along_b.begin(), along_b.end());
    total += (along_a - along_b).squaredNorm() / static_cast<double>(a.rows());
  }
  return std::sqrt(total / static_cast<double>(directions));
}

}  // namespace distances
