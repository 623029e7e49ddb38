#pragma once

#include "points.hpp"

namespace distances {

// The unbiased estimate of the squared maximum mean discrepancy, Gretton et al. 2012, equation 3, by the kernel
// (x y / D + 1)^3 of Binkowski et al. 2018. May be below 0. Sets of at least two points.
inline double kernel_distance(const View& a, const View& b) {
  const double scale = 1.0 / static_cast<double>(a.cols());
  const auto sum = [&](const View& x, const View& y, bool without_diagonal) {
    double total = 0;
    for (Index first = 0; first < x.rows(); first += block_rows) {
      const auto rows = x.middleRows(first, std::min(block_rows, x.rows() - first));
      const Points kernel = ((rows * y.transpose() * scale).array() + 1.0).cube().matrix();
      total += kernel.sum();
      for (Index i = 0; without_diagonal && i < kernel.rows(); ++i) {
        total -= kernel(i, first + i);
      }
    }
    return total;
  };
  const auto m = static_cast<double>(a.rows());
  const auto n = static_cast<double>(b.rows());
  return sum(a, a, true) / (m * (m - 1)) + sum(b, b, true) / (n * (n - 1)) - 2 * sum(a, b, false) / (m * n);
}

}  // namespace distances
