#pragma once

#include <Eigen/Eigenvalues>

#include "points.hpp"

namespace distances {

// Of the Gaussians with the sets' means and (unbiased) covariances, Dowson & Landau 1982:
//   |m_a - m_b|^2 + tr(C_a + C_b - 2 (C_a C_b)^(1/2))
// The trace of that root is the sum of the roots of the eigenvalues of the symmetric C_a^(1/2) C_b C_a^(1/2). Sets of
// at least two points.
inline double frechet_distance(const View& a, const View& b) {
  const auto covariance_of = [](const View& points, const Eigen::RowVectorXd& mean) {
    const Points centred = points.rowwise() - mean;
    return Eigen::MatrixXd(centred.transpose() * centred / static_cast<double>(points.rows() - 1));
  };
  const Eigen::RowVectorXd mean_a = a.colwise().mean();
  const Eigen::RowVectorXd mean_b = b.colwise().mean();
  const Eigen::MatrixXd covariance_a = covariance_of(a, mean_a);
  const Eigen::MatrixXd covariance_b = covariance_of(b, mean_b);
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> eigen(covariance_a);
  const Eigen::MatrixXd root = eigen.eigenvectors() * eigen.eigenvalues().cwiseMax(0.0).cwiseSqrt().asDiagonal() *
                               eigen.eigenvectors().transpose();
  const Eigen::MatrixXd product = root * covariance_b * root;
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> of_product(product, Eigen::EigenvaluesOnly);
  const double cross = of_product.eigenvalues().cwiseMax(0.0).cwiseSqrt().sum();
  return (mean_a - mean_b).squaredNorm() + covariance_a.trace() + covariance_b.trace() - 2 * cross;
}

}  // namespace distances
