#include "kernels/loops/loops.hpp"

namespace atelier::kernels::ATELIER_LOOPS {
namespace {

// The sum of value(i) over i in [0, n) in lanes of 128 bytes: element i goes to lane i % lanes, whatever the width of
// the vectors, and the lanes meet in halves.
template <typename T, typename Value>
T sum_in_lanes(int64_t n, Value value) {
  constexpr int64_t lanes = 128 / sizeof(T);
  T lane[lanes] = {};
  int64_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    for (int64_t l = 0; l < lanes; ++l) {
      lane[l] += value(i + l);
    }
  }
  for (int64_t l = 0; i + l < n; ++l) {
    lane[l] += value(i + l);
  }
  for (int64_t half = lanes / 2; half > 0; half /= 2) {
    for (int64_t l = 0; l < half; ++l) {
      lane[l] += lane[l + half];
    }
  }
  return lane[0];
}

template <typename T>
void moments_row(const T* x, int64_t n, T* mean, T* squares) {
  const T center = sum_in_lanes<T>(n, [x](int64_t i) { return x[i]; }) / static_cast<T>(n);
  *mean = center;
  *squares = sum_in_lanes<T>(n, [x, center](int64_t i) { return (x[i] - center) * (x[i] - center); });
}

template <typename T>
void centered_sums_row(const T* g, const T* x, T center, int64_t n, T* sum, T* product) {
  *sum = sum_in_lanes<T>(n, [g](int64_t i) { return g[i]; });
  *product = sum_in_lanes<T>(n, [g, x, center](int64_t i) { return g[i] * (x[i] - center); });
}

// A strip of columns, whose accumulators fit the registers; its rows are read twice, the second time from the cache.
template <typename T, int64_t strip>
void moments_strip(const T* x, int64_t rows, int64_t stride, T* mean, T* squares) {
  T center[strip] = {};
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t l = 0; l < strip; ++l) {
      center[l] += x[r * stride + l];
    }
  }
  T square[strip] = {};
  for (int64_t l = 0; l < strip; ++l) {
    center[l] /= static_cast<T>(rows);
  }
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t l = 0; l < strip; ++l) {
      const T deviation = x[r * stride + l] - center[l];
      square[l] += deviation * deviation;
    }
  }
  for (int64_t l = 0; l < strip; ++l) {
    mean[l] = center[l];
    squares[l] = square[l];
  }
}

template <typename T>
void moments_columns(const T* x, int64_t rows, int64_t stride, T* mean, T* squares, int64_t n) {
  constexpr int64_t strip = 128 / sizeof(T);
  int64_t first = 0;
  for (; first + strip <= n; first += strip) {
    moments_strip<T, strip>(x + first, rows, stride, mean + first, squares + first);
  }
  for (; first < n; ++first) {
    moments_strip<T, 1>(x + first, rows, stride, mean + first, squares + first);
  }
}

template <typename T, int64_t strip>
void centered_sums_strip(const T* g, const T* x, const T* center, int64_t rows, int64_t stride, T* sums, T* products) {
  T sum[strip] = {};
  T product[strip] = {};
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t l = 0; l < strip; ++l) {
      const T value = g[r * stride + l];
      sum[l] += value;
      product[l] += value * (x[r * stride + l] - center[l]);
    }
  }
  for (int64_t l = 0; l < strip; ++l) {
    sums[l] = sum[l];
    products[l] = product[l];
  }
}

template <typename T>
void centered_sums_columns(const T* g, const T* x, const T* center, int64_t rows, int64_t stride, T* sums, T* products,
                           int64_t n) {
  constexpr int64_t strip = 128 / sizeof(T);
  int64_t first = 0;
  for (; first + strip <= n; first += strip) {
    centered_sums_strip<T, strip>(g + first, x + first, center + first, rows, stride, sums + first, products + first);
  }
  for (; first < n; ++first) {
    centered_sums_strip<T, 1>(g + first, x + first, center + first, rows, stride, sums + first, products + first);
  }
}

template <typename T>
void join_moments(T* mean, T* squares, int64_t rows, const T* other_mean, const T* other_squares, int64_t other_rows,
                  int64_t n) {
  const T share = static_cast<T>(other_rows) / static_cast<T>(rows + other_rows);
  const T weight = share * static_cast<T>(rows);
#pragma GCC ivdep
  for (int64_t i = 0; i < n; ++i) {
    const T apart = other_mean[i] - mean[i];
    mean[i] += apart * share;
    squares[i] += other_squares[i] + apart * apart * weight;
  }
}

template <typename T>
constexpr NormalizationLoops<T> loops = {&moments_row<T>, &moments_columns<T>, &join_moments<T>, &centered_sums_row<T>,
                                         &centered_sums_columns<T>};

}  // namespace

const NormalizationTable normalization = {loops<float>, loops<double>};

}  // namespace atelier::kernels::ATELIER_LOOPS
