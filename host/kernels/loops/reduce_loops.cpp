#include "kernels/loops/loops.hpp"

namespace atelier::kernels::ATELIER_LOOPS {
namespace {

struct Sum {
  template <typename T>
  static T of(T a, T b) {
    return a + b;
  }
};
struct Product {
  template <typename T>
  static T of(T a, T b) {
    return a * b;
  }
};
// nan wins, from either side.
struct Max {
  template <typename T>
  static T of(T a, T b) {
    return (a > b) | (a != a) ? a : b;
  }
};
struct Min {
  template <typename T>
  static T of(T a, T b) {
    return (a < b) | (a != a) ? a : b;
  }
};

// Lanes of 128 bytes: element i goes to lane i % lanes, whatever the width of the vectors, and the lanes meet in
// halves.
template <typename T, typename Operation>
T row(const T* x, int64_t n) {
  constexpr int64_t lanes = 128 / sizeof(T);
  if (n < lanes) {
    T result = x[0];
    for (int64_t i = 1; i < n; ++i) {
      result = Operation::of(result, x[i]);
    }
    return result;
  }
  T lane[lanes];
  for (int64_t l = 0; l < lanes; ++l) {
    lane[l] = x[l];
  }
  int64_t i = lanes;
  for (; i + lanes <= n; i += lanes) {
    for (int64_t l = 0; l < lanes; ++l) {
      lane[l] = Operation::of(lane[l], x[i + l]);
    }
  }
  for (int64_t l = 0; i + l < n; ++l) {
    lane[l] = Operation::of(lane[l], x[i + l]);
  }
  for (int64_t half = lanes / 2; half > 0; half /= 2) {
    for (int64_t l = 0; l < half; ++l) {
      lane[l] = Operation::of(lane[l], lane[l + half]);
    }
  }
  return lane[0];
}

// Strips of columns whose accumulators fit the registers.
template <typename T, typename Operation>
void columns(const T* x, int64_t rows, int64_t stride, T* out, int64_t n) {
  constexpr int64_t strip = 128 / sizeof(T);
  int64_t first = 0;
  for (; first + strip <= n; first += strip) {
    T lane[strip];
    for (int64_t l = 0; l < strip; ++l) {
      lane[l] = x[first + l];
    }
    for (int64_t r = 1; r < rows; ++r) {
      const T* row = x + r * stride + first;
      for (int64_t l = 0; l < strip; ++l) {
        lane[l] = Operation::of(lane[l], row[l]);
      }
    }
    for (int64_t l = 0; l < strip; ++l) {
      out[first + l] = lane[l];
    }
  }
  for (; first < n; ++first) {
    T result = x[first];
    for (int64_t r = 1; r < rows; ++r) {
      result = Operation::of(result, x[r * stride + first]);
    }
    out[first] = result;
  }
}

template <typename T, typename Operation>
void combine(T* a, const T* b, int64_t n) {
#pragma GCC ivdep
  for (int64_t i = 0; i < n; ++i) {
    a[i] = Operation::of(a[i], b[i]);
  }
}

// x - x is 0 for a finite number and nan for any other, and nan stays in a sum.
template <typename T, typename Mask>
bool all_finite(const T* x, int64_t n) {
  constexpr int64_t lanes = 256 / sizeof(T);
  T sum[lanes] = {};
  int64_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    for (int64_t l = 0; l < lanes; ++l) {
      sum[l] += x[i + l] - x[i + l];
    }
  }
  for (int64_t l = 0; i + l < n; ++l) {
    sum[l] += x[i + l] - x[i + l];
  }
  T total = 0;
  for (int64_t l = 0; l < lanes; ++l) {
    total += sum[l];
  }
  return total == T(0);
}

template <typename T, typename Mask>
constexpr ReduceLoops<T> loops = {
    {&row<T, Sum>, &row<T, Max>, &row<T, Min>, &row<T, Product>},
    {&columns<T, Sum>, &columns<T, Max>, &columns<T, Min>, &columns<T, Product>},
    {&combine<T, Sum>, &combine<T, Max>, &combine<T, Min>, &combine<T, Product>},
    &all_finite<T, Mask>,
};

}  // namespace

const ReduceTable reduce = {loops<float, uint32_t>, loops<double, uint64_t>};

}  // namespace atelier::kernels::ATELIER_LOOPS
