// Functions of one float in plain IEEE operations without branches, so that the compiler makes vectors of the loops
// around them, and that an element has the same bits in a vector, in a tail, and on every instruction set. Errors are
// below 3 units in the last place. The polynomials of exp, log, sin and cos are those of Cephes (Moshier), erf's are by
// Juffa.
//
// The double twins call the standard library. Only loop files include this header.
#pragma once

#include <math.h>

#include <cstdint>

namespace atelier::kernels {
namespace {
namespace math {

#define ATELIER_INLINE inline __attribute__((always_inline))

ATELIER_INLINE uint32_t bits_of(float x) {
  return __builtin_bit_cast(uint32_t, x);
}
ATELIER_INLINE float float_of(uint32_t bits) {
  return __builtin_bit_cast(float, bits);
}
ATELIER_INLINE float abs(float x) {
  return float_of(bits_of(x) & 0x7fffffffU);
}
ATELIER_INLINE float copy_sign(float magnitude, float sign) {
  return float_of((bits_of(magnitude) & 0x7fffffffU) | (bits_of(sign) & 0x80000000U));
}
// 2^n for n in [-126, 127].
ATELIER_INLINE float power_of_two(uint32_t n) {
  return float_of((n + 127U) << 23U);
}

// Comparisons that are false for nan, so that nan stays.
ATELIER_INLINE float at_most(float x, float high) {
  return x > high ? high : x;
}
ATELIER_INLINE float at_least(float x, float low) {
  return x < low ? low : x;
}

// Adding 1.5 * 2^23 rounds to an integer, which then stands in the low bits.
constexpr float rounder = 12582912.0F;

// x = n ln 2 + r with |r| <= ln 2 / 2, for |x| < 1e4.
struct Reduced {
  float r;
  uint32_t n;
};
ATELIER_INLINE Reduced reduce_by_ln2(float x) {
  const float shifted = x * 1.44269504F + rounder;
  const float n = shifted - rounder;
  // ln 2 in two parts: n times the first is exact.
  const float r = (x - n * 0.693359375F) - n * -2.12194440e-4F;
  return {r, bits_of(shifted) - bits_of(rounder)};
}

// exp(r) - 1 for |r| <= ln 2 / 2.
ATELIER_INLINE float expm1_polynomial(float r) {
  float p = 1.9875691500e-4F;
  p = p * r + 1.3981999507e-3F;
  p = p * r + 8.3334519073e-3F;
  p = p * r + 4.1665795894e-2F;
  p = p * r + 1.6666665459e-1F;
  p = p * r + 5.0000001201e-1F;
  return p * (r * r) + r;
}

// exp(x) = 2^n exp(r), scaled in two steps so that results below 2^-126 are rounded once.
ATELIER_INLINE float exp_of(float polynomial, uint32_t n) {
  const uint32_t half = static_cast<uint32_t>(static_cast<int32_t>(n) >> 1);
  return (polynomial + 1.0F) * power_of_two(half) * power_of_two(n - half);
}
ATELIER_INLINE float exp(float x) {
  const Reduced reduced = reduce_by_ln2(at_least(at_most(x, 89.0F), -104.0F));
  return exp_of(expm1_polynomial(reduced.r), reduced.n);
}

// exp(x) - 1 = 2^n (exp(r) - 1) + (2^n - 1), halved so that 2^n stays finite.
ATELIER_INLINE float expm1_of(float x, float polynomial, uint32_t n) {
  const float scale = power_of_two(n - 1U);
  const float y = 2.0F * (scale * polynomial + (scale - 0.5F));
  return abs(x) < 0x1p-24F ? x : y;
}
ATELIER_INLINE float expm1(float x) {
  const Reduced reduced = reduce_by_ln2(at_least(at_most(x, 89.0F), -25.0F));
  return expm1_of(x, expm1_polynomial(reduced.r), reduced.n);
}

// x = 2^e m with m in [sqrt(1/2), sqrt(2)); log x = e ln 2 + log(1 + f), f = m - 1. For x 2^-shift a normal number.
ATELIER_INLINE float log_of_normal(float x, float shift) {
  const uint32_t offset = 0x3f3504f3U;  // sqrt(1/2)
  const uint32_t bits = bits_of(x) - offset;
  const float e = static_cast<float>(static_cast<int32_t>(bits) >> 23) + shift;
  const float f = float_of((bits & 0x7fffffU) + offset) - 1.0F;
  const float z = f * f;
  float p = 7.0376836292e-2F;
  p = p * f - 1.1514610310e-1F;
  p = p * f + 1.1676998740e-1F;
  p = p * f - 1.2420140846e-1F;
  p = p * f + 1.4249322787e-1F;
  p = p * f - 1.6668057665e-1F;
  p = p * f + 2.0000714765e-1F;
  p = p * f - 2.4999993993e-1F;
  p = p * f + 3.3333331174e-1F;
  float y = p * f * z;
  y = y + e * -2.12194440e-4F;
  y = y - 0.5F * z;
  return (f + y) + e * 0.693359375F;
}

ATELIER_INLINE float log(float x) {
  const bool is_denormal = x < 0x1p-126F;
  float y = log_of_normal(is_denormal ? x * 0x1p23F : x, is_denormal ? -23.0F : 0.0F);
  y = x > 3.402823466e38F ? x : y;  // inf
  y = x == 0.0F ? -__builtin_inff() : y;
  y = x < 0.0F ? __builtin_nanf("") : y;
  return x != x ? x : y;
}

// log(1 + x) = log u + (x - (u - 1)) / u, u = 1 + x rounded: the second term is what rounding lost.
ATELIER_INLINE float log1p(float x) {
  const float u = 1.0F + x;
  const float lost = (x - (u - 1.0F)) / u;
  const bool is_plain = x > -1.0F && x < 3.0e38F;
  const float y = log(u) + (is_plain ? lost : 0.0F);
  return u == 1.0F ? x : y;
}

// The same for x in [0, 1] and nan.
ATELIER_INLINE float log1p_of_fraction(float x) {
  const float u = 1.0F + x;
  const float y = log_of_normal(u, 0.0F) + (x - (u - 1.0F)) / u;
  return u == 1.0F ? x : y;
}

// tanh |x| = t / (t + 2), t = exp(2 |x|) - 1, from 2 |x| <= 20 and its reduction on.
ATELIER_INLINE float tanh_exponent(float x) {
  return 2.0F * at_most(abs(x), 10.0F);
}
ATELIER_INLINE float tanh_of(float x, float exponent, float polynomial, uint32_t n) {
  const float t = expm1_of(exponent, polynomial, n);
  return copy_sign(t / (t + 2.0F), x);
}
ATELIER_INLINE float tanh(float x) {
  const float exponent = tanh_exponent(x);
  const Reduced reduced = reduce_by_ln2(exponent);
  return tanh_of(x, exponent, expm1_polynomial(reduced.r), reduced.n);
}

// 1 / (1 + exp(-x)), with exp of what is negative only.
ATELIER_INLINE float sigmoid_exponent(float x) {
  return at_least(-abs(x), -104.0F);
}
ATELIER_INLINE float sigmoid_of(float x, float polynomial, uint32_t n) {
  const float e = exp_of(polynomial, n);
  return (x < 0.0F ? e : 1.0F) / (1.0F + e);
}
ATELIER_INLINE float sigmoid(float x) {
  const Reduced reduced = reduce_by_ln2(sigmoid_exponent(x));
  return sigmoid_of(x, expm1_polynomial(reduced.r), reduced.n);
}

// log(1 + exp(x)) = max(x, 0) + log(1 + exp(-|x|)).
ATELIER_INLINE float softplus(float x) {
  return (x > 0.0F ? x : 0.0F) + log1p_of_fraction(exp(-abs(x)));
}
// softplus(x) - x t, with the small term added last.
ATELIER_INLINE float bce_with_logits(float x, float t) {
  return (x > 0.0F ? x : 0.0F) - x * t + log1p_of_fraction(exp(-abs(x)));
}

// x P(x^2) near 0, 1 - exp(Q(|x|)) beyond.
ATELIER_INLINE float erf(float x) {
  const float t = at_most(abs(x), 4.0F);
  const float s = t * t;
  float far = -1.72853470e-5F * t + 3.83197126e-4F;
  const float far_low = -3.88396438e-3F * t + 2.42546219e-2F;
  far = far * s + far_low;
  far = far * t - 1.06777877e-1F;
  far = far * t - 6.34846687e-1F;
  far = far * t - 1.28717512e-1F;
  far = far * t - t;
  far = 1.0F - exp(far);
  float near = -5.96761703e-4F;
  near = near * s + 4.99119423e-3F;
  near = near * s - 2.67681349e-2F;
  near = near * s + 1.12819925e-1F;
  near = near * s - 3.76125336e-1F;
  near = near * s + 1.28379166e-1F;
  near = near * t + t;
  return copy_sign(t > 0.927734375F ? far : near, x);
}

// sin and cos for |r| <= pi / 4.
ATELIER_INLINE float sin_polynomial(float r) {
  const float z = r * r;
  float p = -1.9515295891e-4F;
  p = p * z + 8.3321608736e-3F;
  p = p * z - 1.6666654611e-1F;
  return p * z * r + r;
}
ATELIER_INLINE float cos_polynomial(float r) {
  const float z = r * r;
  float p = 2.443315711809948e-5F;
  p = p * z - 1.388731625493765e-3F;
  p = p * z + 4.166664568298827e-2F;
  return p * (z * z) - 0.5F * z + 1.0F;
}

// x = quadrant pi / 2 + r, |r| <= pi / 4 and a little.
struct Angle {
  float r;
  int32_t quadrant;
};
constexpr float small_angle = 1048576.0F;  // 2^20: up to here the quadrant times the first 33 bits of pi / 2 is exact

// For |x| <= small_angle; larger ones give some number, and nan gives nan.
ATELIER_INLINE Angle small_angle_of(float x) {
  const double wide = x;
  const double magic = 0x1.8p52;
  const double n = (wide * 0.63661977236758134308 + magic) - magic;
  const double r = (wide - n * 1.57079632673412561417) - n * 6.07710050650619224932e-11;
  return {static_cast<float>(r), static_cast<int32_t>(n)};
}

// Payne and Hanek: x 2 / pi modulo 4 from the bits of 2 / pi that matter for the exponent of x. For finite |x| >= 2^20.
inline Angle large_angle_of(float x) {
  constexpr uint32_t two_over_pi[] = {0,           0xA2F9836EU, 0x4E441529U, 0xFC2757D1U,
                                      0xF534DDC0U, 0xDB629599U, 0x3C439041U, 0xFE5163ABU};
  const uint32_t mantissa = (bits_of(x) & 0x7fffffU) | 0x800000U;
  const int32_t exponent = static_cast<int32_t>((bits_of(x) >> 23U) & 0xffU) - 150;  // |x| = mantissa 2^exponent
  // The window starts at the bit of weight 2 once multiplied by 2^exponent: bit number exponent - 1 behind the point.
  const int32_t start = exponent - 2 + 32;
  const int32_t word = start >> 5;
  const uint32_t shift = static_cast<uint32_t>(start) & 31U;
  uint64_t window[3];
  for (int32_t i = 0; i < 3; ++i) {
    const uint64_t pair = (static_cast<uint64_t>(two_over_pi[word + i]) << 32U) | two_over_pi[word + i + 1];
    window[i] = ((pair << shift) >> 32U) & 0xffffffffU;
  }
  const uint64_t product = ((mantissa * window[0]) << 32U) + mantissa * window[1] + ((mantissa * window[2]) >> 32U);
  const uint64_t quadrant = (product + (uint64_t{1} << 61U)) >> 62U;
  const double fraction = static_cast<double>(static_cast<int64_t>(product - (quadrant << 62U))) * 0x1p-62;
  const auto r = static_cast<float>(fraction * 1.57079632679489661923);
  const auto turns = static_cast<int32_t>(quadrant);
  return x < 0 ? Angle{-r, -turns} : Angle{r, turns};
}

// sin(r + quadrant pi / 2).
ATELIER_INLINE float sin_of(Angle angle) {
  const float s = sin_polynomial(angle.r);
  const float c = cos_polynomial(angle.r);
  const float y = (angle.quadrant & 1) != 0 ? c : s;
  return (angle.quadrant & 2) != 0 ? -y : y;
}
ATELIER_INLINE float cos_of(Angle angle) {
  return sin_of({angle.r, angle.quadrant + 1});
}

ATELIER_INLINE float sqrt(float x) {
  return __builtin_sqrtf(x);
}

// Adding and taking away 2^23 rounds |x| to a whole number.
ATELIER_INLINE float floor(float x) {
  const float magnitude = abs(x);
  const float nearest = copy_sign((magnitude + 0x1p23F) - 0x1p23F, x);
  const float below = copy_sign(nearest - (nearest > x ? 1.0F : 0.0F), x);
  return magnitude < 0x1p23F ? below : x;
}

ATELIER_INLINE float ceil(float x) {
  return -floor(-x);
}
// Half to even.
ATELIER_INLINE float round(float x) {
  const float magnitude = abs(x);
  return magnitude < 0x1p23F ? copy_sign((magnitude + 0x1p23F) - 0x1p23F, x) : x;
}

ATELIER_INLINE bool is_finite(float x) {
  return (bits_of(x) & 0x7fffffffU) < 0x7f800000U;
}

ATELIER_INLINE double abs(double x) {
  return ::fabs(x);
}
ATELIER_INLINE double sqrt(double x) {
  return __builtin_sqrt(x);
}
ATELIER_INLINE double exp(double x) {
  return ::exp(x);
}
ATELIER_INLINE double expm1(double x) {
  return ::expm1(x);
}
ATELIER_INLINE double log(double x) {
  return ::log(x);
}
ATELIER_INLINE double log1p(double x) {
  return ::log1p(x);
}
ATELIER_INLINE double tanh(double x) {
  return ::tanh(x);
}
ATELIER_INLINE double sigmoid(double x) {
  const double e = ::exp(-abs(x));
  return (x < 0.0 ? e : 1.0) / (1.0 + e);
}
ATELIER_INLINE double softplus(double x) {
  return (x > 0.0 ? x : 0.0) + ::log1p(::exp(-abs(x)));
}
ATELIER_INLINE double bce_with_logits(double x, double t) {
  return (x > 0.0 ? x : 0.0) - x * t + ::log1p(::exp(-abs(x)));
}
ATELIER_INLINE double erf(double x) {
  return ::erf(x);
}
ATELIER_INLINE double floor(double x) {
  return ::floor(x);
}
ATELIER_INLINE double ceil(double x) {
  return ::ceil(x);
}
ATELIER_INLINE double round(double x) {
  const double magnitude = abs(x);
  return magnitude < 0x1p52 ? ::copysign((magnitude + 0x1p52) - 0x1p52, x) : x;
}
ATELIER_INLINE bool is_finite(double x) {
  return abs(x) <= 1.7976931348623157e308;
}

}  // namespace math
}  // namespace
}  // namespace atelier::kernels
