#pragma once

#include <cmath>
#include <numeric>

#include "points.hpp"

namespace distances {

struct Copying {
  double z = 0;  // of the rank test; below 0: generated points are nearer to training points than unseen real ones
  double nearer =
      0;  // probability that a generated point is nearer to its training point than a real one; halves of ties
  double copies = 0;  // share of generated points that are nearer than all but a hundredth of the real ones
};

// Meehan et al. 2020: the test of Mann & Whitney 1947 on the distances to the nearest training point, with the variance
// for ties.
inline Copying copying(const std::vector<double>& of_real, const std::vector<double>& of_generated) {
  struct Entry {
    double distance;
    bool generated;
  };
  std::vector<Entry> all;
  for (const double distance : of_real) {
    all.push_back({distance, false});
  }
  for (const double distance : of_generated) {
    all.push_back({distance, true});
  }
  std::sort(all.begin(), all.end(), [](const Entry& a, const Entry& b) { return a.distance < b.distance; });
  const auto n = static_cast<double>(of_generated.size());
  const auto m = static_cast<double>(of_real.size());
  double ranks = 0;  // of generated points, from 1
  double ties = 0;
  for (size_t first = 0; first < all.size();) {
    size_t last = first;
    double generated = 0;
    while (last < all.size() && all[last].distance == all[first].distance) {
      generated += all[last].generated ? 1 : 0;
      ++last;
    }
    const auto tied = static_cast<double>(last - first);
    ranks += generated * (static_cast<double>(first + last) + 1) / 2;
    ties += tied * (tied * tied - 1);
    first = last;
  }
  const double farther = ranks - n * (n + 1) / 2;  // pairs in which the generated point is the farther one
  const double both = n + m;
  const double variance = n * m / 12 * (both + 1 - ties / (both * (both - 1)));
  std::vector<double> sorted = of_real;
  const auto hundredth = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 100);
  std::nth_element(sorted.begin(), hundredth, sorted.end());
  const auto copies = std::count_if(of_generated.begin(), of_generated.end(), [&](double d) { return d < *hundredth; });
  return {variance > 0 ? (farther - n * m / 2) / std::sqrt(variance) : 0, 1 - farther / (n * m),
          static_cast<double>(copies) / n};
}

}  // namespace distances
