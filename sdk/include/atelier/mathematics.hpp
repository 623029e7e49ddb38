// Functions of single elements that are rarer than those of elementwise.hpp.
#pragma once

#include <atelier/elementwise.hpp>

namespace atelier {

#define ATELIER_UNARY(function, name) \
  inline Tensor function(At x) {      \
    return detail::call<name>({x});   \
  }
ATELIER_UNARY(ceil, "ceil/1")
ATELIER_UNARY(round, "round/1")  // of two nearest integers the even one
ATELIER_UNARY(tan, "tan/1")
ATELIER_UNARY(asin, "asin/1")
ATELIER_UNARY(acos, "acos/1")
ATELIER_UNARY(atan, "atan/1")
ATELIER_UNARY(sinh, "sinh/1")
ATELIER_UNARY(cosh, "cosh/1")
ATELIER_UNARY(lgamma, "lgamma/1")  // log |gamma(x)|
ATELIER_UNARY(digamma, "digamma/1")
ATELIER_UNARY(trigamma, "trigamma/1")
#undef ATELIER_UNARY

inline Tensor atan2(At y, At x) {  // the angle of the point (x, y) in [-pi, pi]
  return detail::call<"atan2/1">({y, x});
}
inline Tensor power(At base, At exponent) {
  return detail::call<"pow/1">({base, exponent});
}
inline Tensor power(double base, At exponent) {
  return power(detail::scalar_beside(exponent, base), exponent);
}

}  // namespace atelier
