// The product of matrices inside one piece: for the kernels that are made of one.
#pragma once

#include <cstdint>

namespace atelier::kernels {

// C (m, n) = op(A) op(B) + (accumulate ? C : 0), row-major, rows that far apart. op(A) is (m, k), op(B) is (k, n). Runs
// on the calling thread alone. float: oneDNN. double: plain loops.
void multiply(bool transpose_a, bool transpose_b, int64_t m, int64_t n, int64_t k, const float* a, int64_t a_stride,
              const float* b, int64_t b_stride, bool accumulate, float* c, int64_t c_stride);
void multiply(bool transpose_a, bool transpose_b, int64_t m, int64_t n, int64_t k, const double* a, int64_t a_stride,
              const double* b, int64_t b_stride, bool accumulate, double* c, int64_t c_stride);

// Rows that oneDNN takes at a time with AVX2: where one, two or three of them are left, these round in another way.
constexpr int64_t product_rows = 6;

}  // namespace atelier::kernels
