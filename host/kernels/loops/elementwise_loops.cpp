#include "kernels/loops/float_math.hpp"
#include "kernels/loops/loops.hpp"
#include "kernels/loops/wide_math.hpp"

namespace atelier::kernels::ATELIER_LOOPS {
namespace {

// `ivdep`: out is one of the inputs or apart from them, so that no iteration reads what another one wrote.
template <typename T, typename Function>
void unary_loop(const T* const* inputs, const double*, T* out, int64_t n) {
  const T* x = inputs[0];
#pragma GCC ivdep
  for (int64_t i = 0; i < n; ++i) {
    out[i] = Function{}(x[i]);
  }
}

template <typename T, typename Function>
void binary_loop(const T* const* inputs, const double*, T* out, int64_t n) {
  const T* a = inputs[0];
  const T* b = inputs[1];
#pragma GCC ivdep
  for (int64_t i = 0; i < n; ++i) {
    out[i] = Function{}(a[i], b[i]);
  }
}

template <typename T, typename Function>
void one_operand_loop(const T* const* inputs, const double* operands, T* out, int64_t n) {
  const T* x = inputs[0];
  const T operand = static_cast<T>(operands[0]);
#pragma GCC ivdep
  for (int64_t i = 0; i < n; ++i) {
    out[i] = Function{}(x[i], operand);
  }
}

template <typename T, typename Function>
void two_operand_loop(const T* const* inputs, const double* operands, T* out, int64_t n) {
  const T* x = inputs[0];
  const T low = static_cast<T>(operands[0]);
  const T high = static_cast<T>(operands[1]);
#pragma GCC ivdep
  for (int64_t i = 0; i < n; ++i) {
    out[i] = Function{}(x[i], low, high);
  }
}

template <typename T>
void select_loop(const T* const* inputs, const double*, T* out, int64_t n) {
  const T* mask = inputs[0];
  const T* a = inputs[1];
  const T* b = inputs[2];
#pragma GCC ivdep
  for (int64_t i = 0; i < n; ++i) {
    const T yes = a[i];
    const T no = b[i];
    out[i] = mask[i] != T(0) ? yes : no;
  }
}

template <typename T>
void normalize_loop(const T* const* inputs, const double*, T* out, int64_t n) {
  const T* x = inputs[0];
  const T* mean = inputs[1];
  const T* rate = inputs[2];
  const T* scale = inputs[3];
  const T* shift = inputs[4];
#pragma GCC ivdep
  for (int64_t i = 0; i < n; ++i) {
    out[i] = (x[i] - mean[i]) * (rate[i] * scale[i]) + shift[i];
  }
}

template <typename T>
void combine_centered_loop(const T* const* inputs, const double*, T* out, int64_t n) {
  const T* g = inputs[0];
  const T* x = inputs[1];
  const T* mean = inputs[2];
  const T* a = inputs[3];
  const T* b = inputs[4];
  const T* c = inputs[5];
#pragma GCC ivdep
  for (int64_t i = 0; i < n; ++i) {
    out[i] = a[i] * g[i] + b[i] * (x[i] - mean[i]) + c[i];
  }
}

template <typename T>
void splat_loop(const T* const*, const double* operands, T* out, int64_t n) {
  const T value = static_cast<T>(operands[0]);
  for (int64_t i = 0; i < n; ++i) {
    out[i] = value;
  }
}

// Angles beyond small_angle are rare: where a block has one, the block is done one by one.
template <typename Function>
void angle_loop(const float* const* inputs, const double*, float* out, int64_t n) {
  const float* x = inputs[0];
  uint32_t large = 0;
  for (int64_t i = 0; i < n; ++i) {
    large |= math::abs(x[i]) > math::small_angle ? 1U : 0U;
  }
  if (large == 0) {
#pragma GCC ivdep
    for (int64_t i = 0; i < n; ++i) {
      out[i] = Function{}(math::small_angle_of(x[i]));
    }
    return;
  }
  for (int64_t i = 0; i < n; ++i) {
    const float value = x[i];
    if (!math::is_finite(value)) {
      out[i] = value - value;
    } else {
      out[i] =
          Function{}(math::abs(value) > math::small_angle ? math::large_angle_of(value) : math::small_angle_of(value));
    }
  }
}

template <double (*function)(double)>
void standard_loop(const double* const* inputs, const double*, double* out, int64_t n) {
  for (int64_t i = 0; i < n; ++i) {
    out[i] = function(inputs[0][i]);
  }
}

template <typename Function>
void power_with(const float* x, float* out, int64_t n, Function function) {
#pragma GCC ivdep
  for (int64_t i = 0; i < n; ++i) {
    out[i] = function(x[i]);
  }
}

// Small whole exponents and halves by products and roots; others as exp(exponent log |x|), negative x with a sign for
// odd whole exponents and nan for fractions.
void power_f32(const float* const* inputs, const double* operands, float* out, int64_t n) {
  const float* x = inputs[0];
  const double exponent = operands[0];
  if (exponent == 0) return power_with(x, out, n, [](float) { return 1.0F; });
  if (exponent == 1) return power_with(x, out, n, [](float v) { return v; });
  if (exponent == 2) return power_with(x, out, n, [](float v) { return v * v; });
  if (exponent == 3) return power_with(x, out, n, [](float v) { return v * v * v; });
  if (exponent == 4) return power_with(x, out, n, [](float v) { return (v * v) * (v * v); });
  if (exponent == -1) return power_with(x, out, n, [](float v) { return 1.0F / v; });
  if (exponent == -2) return power_with(x, out, n, [](float v) { return 1.0F / (v * v); });
  if (exponent == 0.5) return power_with(x, out, n, [](float v) { return math::sqrt(v); });
  if (exponent == -0.5) return power_with(x, out, n, [](float v) { return 1.0F / math::sqrt(v); });
  const bool is_whole = ::floor(exponent) == exponent;
  const bool is_odd = is_whole && ::floor(exponent / 2) != exponent / 2;
  const float factor = static_cast<float>(exponent);
  const float negative_sign = is_odd ? -1.0F : (is_whole ? 1.0F : __builtin_nanf(""));
  power_with(x, out, n, [=](float v) {
    const float magnitude = math::exp(factor * math::log(math::abs(v)));
    return magnitude * (v < 0.0F ? negative_sign : 1.0F);
  });
}

void power_f64(const double* const* inputs, const double* operands, double* out, int64_t n) {
  for (int64_t i = 0; i < n; ++i) {
    out[i] = ::pow(inputs[0][i], operands[0]);
  }
}

template <typename Function>
constexpr ElementwiseFunction unary(std::string_view name, Function) {
  return {name, 1, 0, &unary_loop<float, Function>, &unary_loop<double, Function>};
}
template <typename Function>
constexpr ElementwiseFunction binary(std::string_view name, Function) {
  return {name, 2, 0, &binary_loop<float, Function>, &binary_loop<double, Function>};
}
template <typename Function>
constexpr ElementwiseFunction with_operand(std::string_view name, Function) {
  return {name, 1, 1, &one_operand_loop<float, Function>, &one_operand_loop<double, Function>};
}
template <typename Function>
constexpr ElementwiseFunction with_range(std::string_view name, Function) {
  return {name, 1, 2, &two_operand_loop<float, Function>, &two_operand_loop<double, Function>};
}

struct SinOfAngle {
  ATELIER_INLINE float operator()(math::Angle angle) const { return math::sin_of(angle); }
};
struct CosOfAngle {
  ATELIER_INLINE float operator()(math::Angle angle) const { return math::cos_of(angle); }
};
struct TanOfAngle {
  ATELIER_INLINE float operator()(math::Angle angle) const { return math::wide::tan_of(angle); }
};

constexpr ElementwiseFunction functions[] = {
    binary("add", []<typename T>(T a, T b) { return a + b; }),
    binary("sub", []<typename T>(T a, T b) { return a - b; }),
    binary("mul", []<typename T>(T a, T b) { return a * b; }),
    binary("div", []<typename T>(T a, T b) { return a / b; }),
    binary("maximum", []<typename T>(T a, T b) { return (a > b) | (a != a) ? a : b; }),
    binary("minimum", []<typename T>(T a, T b) { return (a < b) | (a != a) ? a : b; }),
    binary("bce_with_logits", []<typename T>(T x, T t) { return math::bce_with_logits(x, t); }),
    binary("less", []<typename T>(T a, T b) { return a < b ? T(1) : T(0); }),
    binary("less_equal", []<typename T>(T a, T b) { return a <= b ? T(1) : T(0); }),
    binary("greater", []<typename T>(T a, T b) { return a > b ? T(1) : T(0); }),
    binary("greater_equal", []<typename T>(T a, T b) { return a >= b ? T(1) : T(0); }),
    binary("equal", []<typename T>(T a, T b) { return a == b ? T(1) : T(0); }),
    binary("not_equal", []<typename T>(T a, T b) { return a != b ? T(1) : T(0); }),
    unary("identity", []<typename T>(T x) { return x; }),
    unary("neg", []<typename T>(T x) { return -x; }),
    unary("abs", []<typename T>(T x) { return math::abs(x); }),
    unary("sign", []<typename T>(T x) { return x > T(0) ? T(1) : (x < T(0) ? T(-1) : x); }),
    unary("square", []<typename T>(T x) { return x * x; }),
    unary("sqrt", []<typename T>(T x) { return math::sqrt(x); }),
    unary("rsqrt", []<typename T>(T x) { return T(1) / math::sqrt(x); }),
    unary("reciprocal", []<typename T>(T x) { return T(1) / x; }),
    unary("exp", []<typename T>(T x) { return math::exp(x); }),
    unary("log", []<typename T>(T x) { return math::log(x); }),
    unary("log1p", []<typename T>(T x) { return math::log1p(x); }),
    unary("expm1", []<typename T>(T x) { return math::expm1(x); }),
    unary("tanh", []<typename T>(T x) { return math::tanh(x); }),
    unary("sigmoid", []<typename T>(T x) { return math::sigmoid(x); }),
    unary("softplus", []<typename T>(T x) { return math::softplus(x); }),
    unary("relu", []<typename T>(T x) { return x <= T(0) ? T(0) : x; }),
    unary("erf", []<typename T>(T x) { return math::erf(x); }),
    {"sin", 1, 0, &angle_loop<SinOfAngle>, &standard_loop<::sin>},
    {"cos", 1, 0, &angle_loop<CosOfAngle>, &standard_loop<::cos>},
    {"tan", 1, 0, &angle_loop<TanOfAngle>, &standard_loop<::tan>},
    unary("asin", []<typename T>(T x) { return math::asin(x); }),
    unary("acos", []<typename T>(T x) { return math::acos(x); }),
    unary("atan", []<typename T>(T x) { return math::atan(x); }),
    binary("atan2", []<typename T>(T y, T x) { return math::atan2(y, x); }),
    unary("sinh", []<typename T>(T x) { return math::sinh(x); }),
    unary("cosh", []<typename T>(T x) { return math::cosh(x); }),
    binary("pow", []<typename T>(T base, T exponent) { return math::pow(base, exponent); }),
    unary("lgamma", []<typename T>(T x) { return math::log_gamma(x); }),
    unary("digamma", []<typename T>(T x) { return math::digamma(x); }),
    unary("trigamma", []<typename T>(T x) { return math::trigamma(x); }),
    unary("floor", []<typename T>(T x) { return math::floor(x); }),
    unary("ceil", []<typename T>(T x) { return math::ceil(x); }),
    unary("round", []<typename T>(T x) { return math::round(x); }),
    unary("step", []<typename T>(T x) { return x > T(0) ? T(1) : T(0); }),
    unary("is_finite", []<typename T>(T x) { return math::is_finite(x) ? T(1) : T(0); }),
    {"select", 3, 0, &select_loop<float>, &select_loop<double>},
    {"normalize", 5, 0, &normalize_loop<float>, &normalize_loop<double>},
    {"combine_centered", 6, 0, &combine_centered_loop<float>, &combine_centered_loop<double>},
    {"splat", 0, 1, &splat_loop<float>, &splat_loop<double>},
    {"power", 1, 1, &power_f32, &power_f64},
    with_operand("leaky_relu", []<typename T>(T x, T slope) { return x > T(0) ? x : slope * x; }),
    with_operand("leaky_step", []<typename T>(T x, T slope) { return x > T(0) ? T(1) : slope; }),
    with_operand("elu", []<typename T>(T x, T alpha) { return x > T(0) ? x : alpha * math::expm1(x); }),
    with_operand("elu_step", []<typename T>(T x, T alpha) { return x > T(0) ? T(1) : alpha * math::exp(x); }),
    with_range("clamp", []<typename T>(T x, T low, T high) { return x < low ? low : (x > high ? high : x); }),
    with_range("clamp_step", []<typename T>(T x, T low, T high) { return (x >= low) & (x <= high) ? T(1) : T(0); }),
};

}  // namespace

const ElementwiseTable elementwise = {functions, sizeof(functions) / sizeof(functions[0])};

}  // namespace atelier::kernels::ATELIER_LOOPS
