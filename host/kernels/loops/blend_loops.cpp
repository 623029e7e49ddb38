#include "kernels/loops/loops.hpp"

namespace atelier::kernels::ATELIER_LOOPS {
namespace {

template <typename T>
void blend_corners(const T* const* corners, const T* weights, T* __restrict y, int64_t n) {
  const T* a = corners[0];
  const T* b = corners[1];
  const T* c = corners[2];
  const T* d = corners[3];
  for (int64_t i = 0; i < n; ++i) {
    y[i] = weights[0] * a[i] + weights[1] * b[i] + weights[2] * c[i] + weights[3] * d[i];
  }
}

template <typename T>
void spread_corners(T* const* corners, const T* weights, const T* g, int64_t n) {
  for (int64_t k = 0; k < 4; ++k) {
    T* __restrict corner = corners[k];
    const T weight = weights[k];
    for (int64_t i = 0; i < n; ++i) {
      corner[i] += weight * g[i];
    }
  }
}

template <typename T>
constexpr BlendLoops<T> loops = {&blend_corners<T>, &spread_corners<T>};

}  // namespace

const BlendTable blend = {loops<float>, loops<double>};

}  // namespace atelier::kernels::ATELIER_LOOPS
