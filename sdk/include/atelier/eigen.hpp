// Eigen's view of an operation's buffers. Needs Eigen 3.4 (Debian: libeigen3-dev); nothing else includes this.
#pragma once

#include <Eigen/Core>
#include <atelier/custom_operation.hpp>
#include <type_traits>

namespace atelier {

template <typename T>
using Matrix = std::conditional_t<
    std::is_const_v<T>,
    Eigen::Map<const Eigen::Matrix<std::remove_const_t<T>, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>>,
    Eigen::Map<Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>>>;

// (N, ...) as a matrix of N rows.
template <typename T>
Matrix<T> matrix(const Values<T>& values) {
  const auto rows = static_cast<Eigen::Index>(values.rank() == 0 ? 1 : values.dim(0));
  return Matrix<T>(values.data(), rows, rows == 0 ? 0 : static_cast<Eigen::Index>(values.size()) / rows);
}

}  // namespace atelier
