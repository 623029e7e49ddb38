#include "kernels/loops/activation_blocks.hpp"
#include "kernels/loops/loops.hpp"

namespace atelier::kernels::ATELIER_LOOPS {
namespace {

// `ivdep`: results that lie over inputs are written where they were read, so that no iteration reads what another
// wrote.

// out = f(W x + b + U h') of one gate.
template <typename F, typename T>
void activate_gate(const CellForward<T>& step, int64_t gate, T* out, int64_t n) {
  const T* input = step.input + gate * step.stride;
  const T* bias = step.bias + gate * step.stride;
  const T* product = step.product + gate * step.product_stride;
#pragma GCC ivdep
  for (int64_t u = 0; u < n; ++u) {
    out[u] = input[u] + bias[u] + product[u];
  }
  math::apply<F>(out, out, n);
}

// h = tanh(W x + b + U h')
template <typename T>
void tanh_forward(const CellForward<T>& step, int64_t n) {
  activate_gate<math::Tanh>(step, 0, step.y, n);
}

// dh tanh' = dh (1 - h^2)
template <typename T>
void tanh_backward(const CellBackward<T>& step, int64_t n) {
  const T* h = step.gates;
  const T* dh = step.dh;
  T* d_gates = step.d_gates;
#pragma GCC ivdep
  for (int64_t u = 0; u < n; ++u) {
    d_gates[u] = dh[u] * (T(1) - h[u] * h[u]);
  }
}

// (i, f, g, o) = (sigmoid, sigmoid, tanh, sigmoid)(W x + b + U h'),  c = f c' + i g,  h = o tanh c
template <typename T>
void lstm_forward(const CellForward<T>& step, int64_t n) {
  const T* i = step.gates;
  const T* f = i + step.stride;
  const T* g = f + step.stride;
  const T* o = g + step.stride;
  activate_gate<math::Sigmoid>(step, 0, step.gates, n);
  activate_gate<math::Sigmoid>(step, 1, step.gates + step.stride, n);
  activate_gate<math::Tanh>(step, 2, step.gates + 2 * step.stride, n);
  activate_gate<math::Sigmoid>(step, 3, step.gates + 3 * step.stride, n);
  const T* before = step.before;
  T* c = step.kept;
  T* y = step.y;
#pragma GCC ivdep
  for (int64_t u = 0; u < n; ++u) {
    c[u] = f[u] * before[u] + i[u] * g[u];
  }
  math::apply<math::Tanh>(c, y, n);
#pragma GCC ivdep
  for (int64_t u = 0; u < n; ++u) {
    y[u] = o[u] * y[u];
  }
}

// dc += dh o (1 - tanh(c)^2), and then by the product rule; dc' = dc f
template <typename T>
void lstm_backward(const CellBackward<T>& step, int64_t n) {
  const auto [gates, kept, before, dh, carry, d_gates, d_product, stride] = step;
#pragma GCC ivdep
  for (int64_t u = 0; u < n; ++u) {
    const T i = gates[u];
    const T f = gates[stride + u];
    const T g = gates[2 * stride + u];
    const T o = gates[3 * stride + u];
    const T squashed = math::tanh(kept[u]);
    const T dc = carry[u] + dh[u] * o * (T(1) - squashed * squashed);
    carry[u] = dc * f;
    d_gates[u] = dc * g * (i * (T(1) - i));
    d_gates[stride + u] = dc * before[u] * (f * (T(1) - f));
    d_gates[2 * stride + u] = dc * i * (T(1) - g * g);
    d_gates[3 * stride + u] = dh[u] * squashed * (o * (T(1) - o));
  }
}

// (r, z) = sigmoid(W x + b + U h' + b'),  m = U h' + b',  n = tanh(W x + b + r m),  h = n + z (h' - n)
template <typename T>
void gru_forward(const CellForward<T>& step, int64_t n) {
  const auto [input, bias, recurrent_bias, product, before, gates, kept, y, stride, product_stride] = step;
  const T* r = gates;
  const T* z = r + stride;
  T* candidate = gates + 2 * stride;
  for (int64_t gate = 0; gate < 2; ++gate) {
    const int64_t here = gate * stride;
    const int64_t there = gate * product_stride;
#pragma GCC ivdep
    for (int64_t u = 0; u < n; ++u) {
      gates[here + u] = (input[here + u] + bias[here + u]) + (product[there + u] + recurrent_bias[here + u]);
    }
    math::apply<math::Sigmoid>(gates + here, gates + here, n);
  }
#pragma GCC ivdep
  for (int64_t u = 0; u < n; ++u) {
    const T m = product[2 * product_stride + u] + recurrent_bias[2 * stride + u];
    kept[u] = m;
    candidate[u] = (input[2 * stride + u] + bias[2 * stride + u]) + r[u] * m;
  }
  math::apply<math::Tanh>(candidate, candidate, n);
#pragma GCC ivdep
  for (int64_t u = 0; u < n; ++u) {
    y[u] = candidate[u] + z[u] * (before[u] - candidate[u]);
  }
}

template <typename T>
void gru_backward(const CellBackward<T>& step, int64_t n) {
  const auto [gates, kept, before, dh, carry, d_gates, d_product, stride] = step;
#pragma GCC ivdep
  for (int64_t u = 0; u < n; ++u) {
    const T r = gates[u];
    const T z = gates[stride + u];
    const T candidate = gates[2 * stride + u];
    const T m = kept[u];
    const T d_candidate = dh[u] * (T(1) - z) * (T(1) - candidate * candidate);
    const T d_r = d_candidate * m * (r * (T(1) - r));
    const T d_z = dh[u] * (before[u] - candidate) * (z * (T(1) - z));
    carry[u] = dh[u] * z;
    d_gates[u] = d_r;
    d_gates[stride + u] = d_z;
    d_gates[2 * stride + u] = d_candidate;
    d_product[u] = d_r;
    d_product[stride + u] = d_z;
    d_product[2 * stride + u] = d_candidate * r;
  }
}

template <typename T>
constexpr RecurrentLoops<T> loops = {
    {&tanh_forward<T>, &lstm_forward<T>, &gru_forward<T>},
    {&tanh_backward<T>, &lstm_backward<T>, &gru_backward<T>},
};

}  // namespace

const RecurrentTable recurrent = {loops<float>, loops<double>};

}  // namespace atelier::kernels::ATELIER_LOOPS
