// Decompositions of square matrices, many at once: (batch, N, N), row-major, of f32 or f64. All of it is computed in
// double precision. Where a matrix has no such decomposition the result is not finite.
#pragma once

#include <cstdint>
#include <memory>

#include "kernels/kernel.hpp"

namespace atelier::kernels {

struct SquareMatrices {
  int64_t batch = 1;
  int64_t n = 1;
};

// a, b (batch, N, K) -> x with a x = b, or with a^T x = b where `transposed`.
std::unique_ptr<Kernel> make_solve(const SquareMatrices& a, int64_t columns, bool transposed, tensor::DType dtype);
// The same where a is a triangle: of a's other side nothing is read.
std::unique_ptr<Kernel> make_triangular_solve(const SquareMatrices& a, int64_t columns, bool upper, bool transposed,
                                              tensor::DType dtype);
std::unique_ptr<Kernel> make_inverse(const SquareMatrices& a, tensor::DType dtype);      // a -> a^-1
std::unique_ptr<Kernel> make_determinant(const SquareMatrices& a, tensor::DType dtype);  // a -> (batch)
// a -> m (batch), e (batch) with det a = m 2^e, |m| from 1/2 to below 1, or 0 of a singular one.
std::unique_ptr<Kernel> make_scaled_determinant(const SquareMatrices& a, tensor::DType dtype);
// a -> the lower triangle L with L L^T = (a + a^T) / 2.
std::unique_ptr<Kernel> make_cholesky(const SquareMatrices& a, tensor::DType dtype);
// a -> eigenvalues (batch, N) of (a + a^T) / 2, ascending, eigenvectors (batch, N, N) in columns, of length 1. Of each
// the first of the largest entries is positive.
std::unique_ptr<Kernel> make_symmetric_eigen(const SquareMatrices& a, tensor::DType dtype);

// x (batch, rows, columns) -> x where column - row is at most `diagonal`, or at least where `upper`; 0 elsewhere.
std::unique_ptr<Kernel> make_triangle(int64_t batch, int64_t rows, int64_t columns, bool upper, int64_t diagonal,
                                      tensor::DType dtype);

}  // namespace atelier::kernels
