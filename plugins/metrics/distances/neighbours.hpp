#pragma once

#include "points.hpp"

namespace distances {

// How two sets overlap, each point being the middle of a ball as large as its distance to its k-th neighbour in its own
// set. Boundaries are outside.
struct Overlap {
  double precision = 0;  // share of generated points in a real point's ball (Kynkaanniemi et al. 2019)
  double recall = 0;     // share of real points in a generated point's ball
  double density = 0;    // real points' balls around a generated point, over k (Naeem et al. 2020)
  double coverage = 0;   // share of real points with a generated one in their ball
};

// k < the number of points of either set.
inline Overlap overlap(const View& real, const View& generated, Index k) {
  const std::vector<double> real_radius = nearest_of_own(real, k);
  const std::vector<double> generated_radius = nearest_of_own(generated, k);
  std::vector<double> balls(static_cast<size_t>(generated.rows()), 0);  // of real points, around each
  double recalled = 0;
  double covered = 0;
  for_squared_distances(real, generated, [&](Index first, const Points& block) {
    for (Index i = 0; i < block.rows(); ++i) {
      bool in_one = false;
      bool has_one = false;
      const double radius = real_radius[static_cast<size_t>(first + i)];
      for (Index j = 0; j < block.cols(); ++j) {
        const bool inside = block(i, j) < radius;
        has_one = has_one || inside;
        balls[static_cast<size_t>(j)] += inside ? 1 : 0;
        in_one = in_one || block(i, j) < generated_radius[static_cast<size_t>(j)];
      }
      recalled += in_one ? 1 : 0;
      covered += has_one ? 1 : 0;
    }
  });
  Overlap out;
  for (const double count : balls) {
    out.precision += count > 0 ? 1 : 0;
    out.density += count;
  }
  const auto m = static_cast<double>(generated.rows());
  const auto n = static_cast<double>(real.rows());
  out.precision /= m;
  out.density /= m * static_cast<double>(k);
  out.recall = recalled / n;
  out.coverage = covered / n;
  return out;
}

}  // namespace distances
