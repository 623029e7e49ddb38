// Functions of floats that are computed in double and rounded once: what a float alone would lose too much of. Plain
// IEEE operations without branches and without the standard library, as in float_math.hpp, so that the bits are the
// same everywhere. Arguments are floats that were widened, or what came of a few of them, unless said.
//
// The polynomials are Taylor's, or were fitted on Chebyshev's nodes; their errors are below 1e-13 of the result.
#pragma once

#include "kernels/loops/float_math.hpp"

namespace atelier::kernels {
namespace {
namespace math::wide {

ATELIER_INLINE uint64_t bits_of(double x) {
  return __builtin_bit_cast(uint64_t, x);
}
ATELIER_INLINE double double_of(uint64_t bits) {
  return __builtin_bit_cast(double, bits);
}
ATELIER_INLINE double copy_sign(double magnitude, double sign) {
  return __builtin_copysign(magnitude, sign);
}

constexpr double infinity = __builtin_inf();
constexpr double not_a_number = __builtin_nan("");
constexpr double pi = 3.14159265358979323846;

// x = 2^e m with m in [sqrt(1/2), sqrt(2)); log m = 2 artanh((m - 1) / (m + 1)). For any x but denormals.
ATELIER_INLINE double log(double x) {
  const uint64_t offset = 0x3fe6a09e667f3bcdU;  // sqrt(1/2)
  const uint64_t bits = bits_of(x) - offset;
  // Counted from 2048 up, in the low bits of 2^52: what makes a double of it without a conversion.
  const uint64_t counted = ((bits + (uint64_t{2048} << 52U)) >> 52U) & 0xfffU;
  const double e = (double_of(counted | 0x4330000000000000U) - 0x1p52) - 2048.0;
  const double f = double_of((bits & 0xfffffffffffffU) + offset) - 1.0;
  const double s = f / (2.0 + f);
  const double t = s * s;
  double p = 1.0 / 19.0;
  p = p * t + 1.0 / 17.0;
  p = p * t + 1.0 / 15.0;
  p = p * t + 1.0 / 13.0;
  p = p * t + 1.0 / 11.0;
  p = p * t + 1.0 / 9.0;
  p = p * t + 1.0 / 7.0;
  p = p * t + 1.0 / 5.0;
  p = p * t + 1.0 / 3.0;
  double y = e * 0.69314718055994530942 + 2.0 * (s + s * t * p);
  y = x > 1.7976931348623157e308 ? infinity : y;
  y = x == 0.0 ? -infinity : y;
  y = x < 0.0 ? not_a_number : y;
  return x != x ? x : y;
}

// Beyond +-700: what is inf, or 0, as a float.
ATELIER_INLINE double exp(double x) {
  const double low = x < -700.0 ? -700.0 : x;
  const double bounded = low > 700.0 ? 700.0 : low;
  const double rounder = 0x1.8p52;
  const double shifted = bounded * 1.44269504088896340736 + rounder;
  const double n = shifted - rounder;
  const double r = (bounded - n * 0x1.62e42fefa38p-1) - n * 0x1.ef35793c7673p-45;
  double p = 1.0 / 39916800.0;
  p = p * r + 1.0 / 3628800.0;
  p = p * r + 1.0 / 362880.0;
  p = p * r + 1.0 / 40320.0;
  p = p * r + 1.0 / 5040.0;
  p = p * r + 1.0 / 720.0;
  p = p * r + 1.0 / 120.0;
  p = p * r + 1.0 / 24.0;
  p = p * r + 1.0 / 6.0;
  p = p * r + 0.5;
  p = p * r + 1.0;
  p = p * r + 1.0;
  const double scale = double_of((bits_of(shifted) + 1023U) << 52U);
  return p * scale;
}

// C's rules at the edges.
ATELIER_INLINE float pow(float base, float exponent) {
  const double y = exponent;
  const float magnitude = math::abs(base);
  double power = exp(y * log(magnitude));
  const bool is_whole = math::floor(exponent) == exponent;
  const float half = 0.5F * exponent;
  const bool is_odd = is_whole & (math::abs(exponent) < 16777216.0F) & (math::floor(half) != half);
  power = (base < 0.0F) & (magnitude <= 3.402823466e38F) & !is_whole ? not_a_number : power;
  const bool is_negative = (math::bits_of(base) >> 31U) != 0;
  power = is_negative & is_odd ? -power : power;
  power = (magnitude == 1.0F) & (math::abs(exponent) > 3.402823466e38F) ? 1.0 : power;
  return static_cast<float>((exponent == 0.0F) | (base == 1.0F) ? 1.0 : power);
}

// atan q = pi / 4 + atan((q - 1) / (q + 1)), for q in [0, 1].
ATELIER_INLINE double atan_of_fraction(double q) {
  const bool is_far = q > 0.41421356237309504880;
  const double z = is_far ? (q - 1.0) / (q + 1.0) : q;
  const double u = z * z;
  double p = -0.027265768182037416;
  p = p * u + 0.05171108062626256;
  p = p * u - 0.06551545857895286;
  p = p * u + 0.07681138646067445;
  p = p * u - 0.09090263532655256;
  p = p * u + 0.11111089983478713;
  p = p * u - 0.14285713937638644;
  p = p * u + 0.1999999999778588;
  p = p * u - 0.33333333333331044;
  return (is_far ? pi / 4 : 0.0) + (z + z * u * p);
}
ATELIER_INLINE double atan2(double y, double x) {
  const double height = math::abs(y);
  const double width = math::abs(x);
  const bool is_steep = height > width;
  const double large = is_steep ? height : width;
  const double small = is_steep ? width : height;
  double q = small / large;
  q = large == 0.0 ? 0.0 : q;
  q = small == infinity ? 1.0 : q;
  double angle = atan_of_fraction(q);
  angle = is_steep ? pi / 2 - angle : angle;
  angle = (bits_of(x) >> 63U) != 0 ? pi - angle : angle;
  angle = (x != x) | (y != y) ? not_a_number : angle;
  return copy_sign(angle, y);
}
ATELIER_INLINE double asin(double x) {
  return atan2(x, __builtin_sqrt((1.0 - x) * (1.0 + x)));
}
ATELIER_INLINE double acos(double x) {
  return atan2(__builtin_sqrt((1.0 - x) * (1.0 + x)), x);
}

// sin / cos of an angle with |r| <= pi / 4.
ATELIER_INLINE float tan_of(Angle angle) {
  const double r = angle.r;
  const double z = r * r;
  double s = -1.0 / 39916800.0;
  s = s * z + 1.0 / 362880.0;
  s = s * z - 1.0 / 5040.0;
  s = s * z + 1.0 / 120.0;
  s = s * z - 1.0 / 6.0;
  s = r + r * z * s;
  double c = -1.0 / 3628800.0;
  c = c * z + 1.0 / 40320.0;
  c = c * z - 1.0 / 720.0;
  c = c * z + 1.0 / 24.0;
  c = c * z - 0.5;
  c = 1.0 + z * c;
  const bool is_odd = (angle.quadrant & 1) != 0;
  return static_cast<float>((is_odd ? -c : s) / (is_odd ? s : c));
}

ATELIER_INLINE double sinh(double x) {
  const double growing = exp(math::abs(x));
  const double z = x * x;
  double p = 1.0 / 39916800.0;
  p = p * z + 1.0 / 362880.0;
  p = p * z + 1.0 / 5040.0;
  p = p * z + 1.0 / 120.0;
  p = p * z + 1.0 / 6.0;
  const double near = x + x * z * p;
  const double far = copy_sign(0.5 * (growing - 1.0 / growing), x);
  return math::abs(x) < 0.5 ? near : far;
}
ATELIER_INLINE double cosh(double x) {
  const double growing = exp(math::abs(x));
  return 0.5 * (growing + 1.0 / growing);
}

// sin(pi r) for |r| <= 1/2.
ATELIER_INLINE double sin_pi(double r) {
  const double u = r * r;
  double p = -2.1133893110927972e-05;
  p = p * u + 0.0004659865078592041;
  p = p * u - 0.007370363868286771;
  p = p * u + 0.08214587866398299;
  p = p * u - 0.5992645287990013;
  p = p * u + 2.5501640398594123;
  p = p * u - 5.167712780049672;
  p = p * u + 3.1415926535897905;
  return r * p;
}

// log gamma(x) for x > 0. Below 2.5 from [1.5, 2.5) on, where its roots stay exact; above by Stirling's series, from 8
// on.
ATELIER_INLINE double log_gamma_of_positive(double x) {
  const double shifted_twice = x * (x + 1.0);
  const double below = x < 0.5 ? shifted_twice : (x < 1.5 ? x : 1.0);
  const double z = (x < 0.5 ? x + 2.0 : (x < 1.5 ? x + 1.0 : x)) - 2.0;
  double p = 5.396137400984193e-06;
  p = p * z - 1.1455860989466383e-05;
  p = p * z + 2.0107495582660808e-05;
  p = p * z - 4.4205241190397584e-05;
  p = p * z + 9.953552459206834e-05;
  p = p * z - 0.0002232801062531816;
  p = p * z + 0.0005096614393138144;
  p = p * z - 0.0011927428105260028;
  p = p * z + 0.0028905107591408173;
  p = p * z - 0.007385551495159461;
  p = p * z + 0.020580808417807534;
  p = p * z - 0.0673523010458587;
  p = p * z + 0.3224670334241816;
  p = p * z + 0.42278433509844826;
  double product = 1.0;
  double far = x;
  for (int i = 0; i < 6; ++i) {
    const bool is_short = far < 8.0;
    product *= is_short ? far : 1.0;
    far += is_short ? 1.0 : 0.0;
  }
  const double inverse = 1.0 / far;
  const double square = inverse * inverse;
  double series = -1.0 / 1680.0;
  series = series * square + 1.0 / 1260.0;
  series = series * square - 1.0 / 360.0;
  series = series * square + 1.0 / 12.0;
  const double stirling = (far - 0.5) * log(far) - far + 0.91893853320467274178 + series * inverse;
  const double near = z * p - log(below);
  return x < 2.5 ? near : stirling - log(product);
}
// log |gamma(x)|, for x < 0 by reflection.
ATELIER_INLINE double log_gamma(double x) {
  const double magnitude = math::abs(x);
  const double of_magnitude = log_gamma_of_positive(magnitude == 0.0 ? 1.0 : magnitude);
  const double sine = math::abs(sin_pi(magnitude - math::round(magnitude)));
  const double reflected = log(pi / (magnitude * sine)) - of_magnitude;
  double y = x > 0.0 ? of_magnitude : reflected;
  y = (x <= 0.0) & (sine == 0.0) ? infinity : y;
  y = magnitude == infinity ? infinity : y;
  return x != x ? x : y;
}

// The derivative of log gamma, for any double. At 0 -inf, or inf for -0; at negative whole numbers nan.
ATELIER_INLINE double digamma(double x) {
  const bool is_reflected = x < 0.5;
  double at = is_reflected ? 1.0 - x : x;
  double y = 0.0;
  for (int i = 0; i < 10; ++i) {
    const bool is_short = at < 10.0;
    y -= is_short ? 1.0 / at : 0.0;
    at += is_short ? 1.0 : 0.0;
  }
  const double inverse = 1.0 / at;
  const double square = inverse * inverse;
  double series = 1.0 / 12.0;
  series = series * square - 691.0 / 32760.0;
  series = series * square + 1.0 / 132.0;
  series = series * square - 1.0 / 240.0;
  series = series * square + 1.0 / 252.0;
  series = series * square - 1.0 / 120.0;
  series = series * square + 1.0 / 12.0;
  y = y + (log(at) - 0.5 * inverse - square * series);
  const double r = x - math::round(x);
  const double cotangent = sin_pi(0.5 - math::abs(r)) / sin_pi(r);
  y = is_reflected ? y - pi * cotangent : y;
  y = is_reflected & (r == 0.0) ? not_a_number : y;
  y = x == 0.0 ? copy_sign(infinity, -x) : y;
  y = x == infinity ? infinity : y;
  return x != x ? x : y;
}

// The derivative of digamma, for any double. inf at 0 and at negative whole numbers.
ATELIER_INLINE double trigamma(double x) {
  const bool is_reflected = x < 0.5;
  double at = is_reflected ? 1.0 - x : x;
  double y = 0.0;
  for (int i = 0; i < 10; ++i) {
    const bool is_short = at < 10.0;
    y += is_short ? 1.0 / (at * at) : 0.0;
    at += is_short ? 1.0 : 0.0;
  }
  const double inverse = 1.0 / at;
  const double square = inverse * inverse;
  double series = 7.0 / 6.0;
  series = series * square - 691.0 / 2730.0;
  series = series * square + 5.0 / 66.0;
  series = series * square - 1.0 / 30.0;
  series = series * square + 1.0 / 42.0;
  series = series * square - 1.0 / 30.0;
  series = series * square + 1.0 / 6.0;
  y = y + (inverse + 0.5 * square + series * square * inverse);
  const double sine = sin_pi(x - math::round(x));
  y = is_reflected ? (pi * pi) / (sine * sine) - y : y;
  y = x == -infinity ? not_a_number : y;
  return x != x ? x : y;
}

}  // namespace math::wide

namespace math {

// The floats' functions, and their double twins.
#define ATELIER_WIDE(function)                    \
  ATELIER_INLINE float function(float x) {        \
    return static_cast<float>(wide::function(x)); \
  }                                               \
  ATELIER_INLINE double function(double x) {      \
    return ::function(x);                         \
  }
ATELIER_WIDE(asin)
ATELIER_WIDE(acos)
ATELIER_WIDE(sinh)
ATELIER_WIDE(cosh)
#undef ATELIER_WIDE
ATELIER_INLINE float atan(float x) {
  return static_cast<float>(wide::atan2(x, 1.0));
}
ATELIER_INLINE double atan(double x) {
  return ::atan(x);
}
ATELIER_INLINE float atan2(float y, float x) {
  return static_cast<float>(wide::atan2(y, x));
}
ATELIER_INLINE double atan2(double y, double x) {
  return ::atan2(y, x);
}
ATELIER_INLINE float pow(float base, float exponent) {
  return wide::pow(base, exponent);
}
ATELIER_INLINE double pow(double base, double exponent) {
  return ::pow(base, exponent);
}
ATELIER_INLINE float log_gamma(float x) {
  return static_cast<float>(wide::log_gamma(x));
}
ATELIER_INLINE double log_gamma(double x) {
  int sign = 0;
  return ::lgamma_r(x, &sign);
}
ATELIER_INLINE float digamma(float x) {
  return static_cast<float>(wide::digamma(x));
}
ATELIER_INLINE double digamma(double x) {
  return wide::digamma(x);
}
ATELIER_INLINE float trigamma(float x) {
  return static_cast<float>(wide::trigamma(x));
}
ATELIER_INLINE double trigamma(double x) {
  return wide::trigamma(x);
}

}  // namespace math
}  // namespace
}  // namespace atelier::kernels
