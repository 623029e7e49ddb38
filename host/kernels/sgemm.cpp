#include "kernels/sgemm.hpp"

#include <algorithm>

#include "kernels/onednn.hpp"

namespace atelier::kernels {

void multiply(bool transpose_a, bool transpose_b, int64_t m, int64_t n, int64_t k, const float* a, int64_t a_stride,
              const float* b, int64_t b_stride, bool accumulate, float* c, int64_t c_stride) {
  pin_openmp();
  [[maybe_unused]] const dnnl_status_t status =
      dnnl_sgemm(transpose_a ? 'T' : 'N', transpose_b ? 'T' : 'N', m, n, k, 1.0F, a, a_stride, b, b_stride,
                 accumulate ? 1.0F : 0.0F, c, c_stride);
}

void multiply(bool transpose_a, bool transpose_b, int64_t m, int64_t n, int64_t k, const double* a, int64_t a_stride,
              const double* b, int64_t b_stride, bool accumulate, double* c, int64_t c_stride) {
  for (int64_t i = 0; i < m; ++i) {
    double* row = c + i * c_stride;
    if (!accumulate) {
      std::fill_n(row, n, 0.0);
    }
    for (int64_t p = 0; p < k; ++p) {
      const double factor = transpose_a ? a[p * a_stride + i] : a[i * a_stride + p];
      const double* source = transpose_b ? b + p : b + p * b_stride;
      const int64_t step = transpose_b ? b_stride : 1;
      for (int64_t j = 0; j < n; ++j) {
        row[j] += factor * source[j * step];
      }
    }
  }
}

}  // namespace atelier::kernels
