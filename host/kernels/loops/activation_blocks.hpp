// tanh and sigmoid of arrays, in stages: the operations of float_math.hpp, so the same bits, but each stage for a block
// before the next one. The chain of operations of one element is longer than what a processor looks ahead, so that one
// loop over all of it leaves half of its units idle. Only loop files include this header.
#pragma once

#include "kernels/loops/float_math.hpp"

namespace atelier::kernels {
namespace {
namespace math {

constexpr int64_t block = 128;

struct Tanh {
  template <typename T>
  static T of(T x) {
    return tanh(x);
  }
  static float exponent(float x) { return tanh_exponent(x); }
  static float finished(float x, float exponent, float polynomial, uint32_t n) {
    return tanh_of(x, exponent, polynomial, n);
  }
};

struct Sigmoid {
  template <typename T>
  static T of(T x) {
    return sigmoid(x);
  }
  static float exponent(float x) { return sigmoid_exponent(x); }
  static float finished(float x, float, float polynomial, uint32_t n) { return sigmoid_of(x, polynomial, n); }
};

// y = f(x); they may be the same array.
template <typename F>
void apply(const float* x, float* y, int64_t n) {
  float exponent[block];
  float polynomial[block];
  uint32_t power[block];
  int64_t first = 0;
  for (; first + block <= n; first += block) {
    for (int64_t i = 0; i < block; ++i) {
      exponent[i] = F::exponent(x[first + i]);
      const Reduced reduced = reduce_by_ln2(exponent[i]);
      polynomial[i] = reduced.r;
      power[i] = reduced.n;
    }
    for (int64_t i = 0; i < block; ++i) {
      polynomial[i] = expm1_polynomial(polynomial[i]);
    }
#pragma GCC ivdep
    for (int64_t i = 0; i < block; ++i) {
      y[first + i] = F::finished(x[first + i], exponent[i], polynomial[i], power[i]);
    }
  }
#pragma GCC ivdep
  for (int64_t i = first; i < n; ++i) {
    y[i] = F::of(x[i]);
  }
}

template <typename F>
void apply(const double* x, double* y, int64_t n) {
  for (int64_t i = 0; i < n; ++i) {
    y[i] = F::of(x[i]);
  }
}

}  // namespace math
}  // namespace
}  // namespace atelier::kernels
