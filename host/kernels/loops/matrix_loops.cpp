#include "kernels/loops/loops.hpp"

namespace atelier::kernels::ATELIER_LOOPS {
namespace {

// Lanes of 128 bytes, as in sums: product j goes to lane j % lanes, and the lanes meet in halves.
template <typename T>
T dot(const T* a, const T* b, int64_t n) {
  constexpr int64_t lanes = 128 / sizeof(T);
  T lane[lanes] = {};
  int64_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    for (int64_t l = 0; l < lanes; ++l) {
      lane[l] = lane[l] + a[i + l] * b[i + l];
    }
  }
  for (int64_t l = 0; i + l < n; ++l) {
    lane[l] = lane[l] + a[i + l] * b[i + l];
  }
  for (int64_t half = lanes / 2; half > 0; half /= 2) {
    for (int64_t l = 0; l < half; ++l) {
      lane[l] = lane[l] + lane[l + half];
    }
  }
  return lane[0];
}

template <typename T>
void rows_times_vector(const T* matrix, int64_t stride, const T* x, T* y, int64_t rows, int64_t n) {
  for (int64_t i = 0; i < rows; ++i) {
    y[i] = dot(matrix + i * stride, x, n);
  }
}

// Four rows at a time, added one after the other: y is read and written a quarter as often, with the same sums.
template <typename T>
void vector_times_rows(const T* x, const T* matrix, int64_t stride, T* y, int64_t rows, int64_t n) {
  for (int64_t j = 0; j < n; ++j) {
    y[j] = T(0);
  }
  int64_t i = 0;
  for (; i + 4 <= rows; i += 4) {
    const T* row = matrix + i * stride;
#pragma GCC ivdep
    for (int64_t j = 0; j < n; ++j) {
      T sum = y[j] + x[i] * row[j];
      sum = sum + x[i + 1] * row[stride + j];
      sum = sum + x[i + 2] * row[2 * stride + j];
      y[j] = sum + x[i + 3] * row[3 * stride + j];
    }
  }
  for (; i < rows; ++i) {
    const T* row = matrix + i * stride;
#pragma GCC ivdep
    for (int64_t j = 0; j < n; ++j) {
      y[j] = y[j] + x[i] * row[j];
    }
  }
}

}  // namespace

const MatrixTable matrix = {{&rows_times_vector<float>, &vector_times_rows<float>},
                            {&rows_times_vector<double>, &vector_times_rows<double>}};

}  // namespace atelier::kernels::ATELIER_LOOPS
