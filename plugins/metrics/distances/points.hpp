// Sets of points, a row each, and how far they are from each other. Everything in double precision, on one thread.
#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <vector>

namespace distances {

using Points = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;  // (points, dimensions)
using View = Eigen::Map<const Points>;
using Eigen::Index;

constexpr Index block_rows = 512;  // as all distances between two sets of 10,000 points are 800 MB

// Calls f(first, block) for some rows of `a` at a time: block(i, j) is |a_(first + i) - b_j|^2, at least 0.
template <typename Function>
void for_squared_distances(const View& a, const View& b, Function&& f) {
  const Eigen::VectorXd b_norms = b.rowwise().squaredNorm();
  for (Index first = 0; first < a.rows(); first += block_rows) {
    const auto rows = a.middleRows(first, std::min(block_rows, a.rows() - first));
    Points block = -2.0 * rows * b.transpose();
    block.colwise() += rows.rowwise().squaredNorm();
    block.rowwise() += b_norms.transpose();
    f(first, block.cwiseMax(0.0).eval());
  }
}

// Of each point, the square of its distance to the k-th nearest other one of its set. k < the number of points.
inline std::vector<double> nearest_of_own(const View& points, Index k) {
  std::vector<double> out(static_cast<size_t>(points.rows()));
  std::vector<double> row(static_cast<size_t>(points.rows()));
  for_squared_distances(points, points, [&](Index first, const Points& block) {
    for (Index i = 0; i < block.rows(); ++i) {
      std::copy_n(block.row(i).data(), block.cols(), row.begin());
      row[static_cast<size_t>(first + i)] = 0;  // itself, without the rounding
      std::nth_element(row.begin(), row.begin() + k, row.end());
      out[static_cast<size_t>(first + i)] = row[static_cast<size_t>(k)];
    }
  });
  return out;
}

// Of each point of `from`, the square of its distance to the nearest one of `to`.
inline std::vector<double> nearest_in(const View& from, const View& to) {
  std::vector<double> out(static_cast<size_t>(from.rows()));
  for_squared_distances(from, to, [&](Index first, const Points& block) {
    for (Index i = 0; i < block.rows(); ++i) {
      out[static_cast<size_t>(first + i)] = block.row(i).minCoeff();
    }
  });
  return out;
}

}  // namespace distances
