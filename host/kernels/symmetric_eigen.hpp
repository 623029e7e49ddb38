// The eigenvalues of one symmetric matrix.
#pragma once

#include <cstdint>

namespace atelier::kernels {

// v (N, N) is the matrix, and then its eigenvectors in rows, of length 1; values (N) are ascending. `work` has
// 2 N elements. A matrix that is not finite has no eigenvalues but nan.
void decompose_symmetric(double* v, double* values, double* work, int64_t n);

}  // namespace atelier::kernels
