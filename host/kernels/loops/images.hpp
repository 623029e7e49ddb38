// The loops of normalizations, pooling and sampling of images, for the tables of loops.hpp.
#pragma once

#include <cstdint>

namespace atelier::kernels {

template <typename T>
struct NormalizationLoops {
  // Mean and sum of squared deviations of x[0..n), n >= 1, in lanes; and of x[r * stride + i] over r in [0, rows), for
  // i in [0, n).
  void (*moments_row)(const T* x, int64_t n, T* mean, T* squares);
  void (*moments_columns)(const T* x, int64_t rows, int64_t stride, T* mean, T* squares, int64_t n);
  // Those of `rows` become those of `rows` and the other ones.
  void (*join_moments)(T* mean, T* squares, int64_t rows, const T* other_mean, const T* other_squares,
                       int64_t other_rows, int64_t n);
  // The sums of g, and of g (x - center).
  void (*centered_sums_row)(const T* g, const T* x, T center, int64_t n, T* sum, T* product);
  void (*centered_sums_columns)(const T* g, const T* x, const T* center, int64_t rows, int64_t stride, T* sums,
                                T* products, int64_t n);
};

struct NormalizationTable {
  NormalizationLoops<float> f32;
  NormalizationLoops<double> f64;
};

// Windows of one size beside each other: pixel j of row i of window p begins at p * step + i * row_stride + j *
// channels, and what belongs to window p at p * channels.
struct WindowRun {
  int64_t pixels = 1;  // windows
  int64_t rows = 1;
  int64_t columns = 1;
  int64_t channels = 1;
  int64_t step = 0;
  int64_t row_stride = 0;
};

// What they do is said in kernels/pooling.hpp. The pairs: dx is set, or added to.
template <typename T>
struct PoolingLoops {
  void (*max)(const WindowRun& run, const T* x, T* y);
  void (*max_gather)(const WindowRun& run, const T* x, const T* u, T* y);
  void (*max_scatter[2])(const WindowRun& run, const T* x, const T* g, T* dx);
  void (*sum)(const WindowRun& run, T factor, const T* x, T* y);
  void (*spread[2])(const WindowRun& run, T factor, const T* g, T* dx);
};

struct PoolingTable {
  PoolingLoops<float> f32;
  PoolingLoops<double> f64;
};

template <typename T>
struct BlendLoops {
  // y[i] = the sum over k < 4 of weights[k] * corners[k][i], in the order of k.
  void (*blend)(const T* const* corners, const T* weights, T* y, int64_t n);
  // corners[k][i] += weights[k] * g[i] for k < 4, in this order: corners may be equal.
  void (*spread)(T* const* corners, const T* weights, const T* g, int64_t n);
};

struct BlendTable {
  BlendLoops<float> f32;
  BlendLoops<double> f64;
};

}  // namespace atelier::kernels
