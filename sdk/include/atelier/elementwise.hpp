// Functions of single elements. Shapes follow NumPy's broadcasting rules. Arithmetic without divisions, comparisons and
// select are for int64 tensors too; tensors of both types in one are an error.
#pragma once

#include <atelier/tensor.hpp>
#include <concepts>

namespace atelier {

#define ATELIER_UNARY(function, name) \
  inline Tensor function(At x) {      \
    return detail::call<name>({x});   \
  }
ATELIER_UNARY(operator-, "neg/1")
ATELIER_UNARY(abs, "abs/1")
ATELIER_UNARY(sign, "sign/1")
ATELIER_UNARY(square, "square/1")
ATELIER_UNARY(sqrt, "sqrt/1")
ATELIER_UNARY(rsqrt, "rsqrt/1")
ATELIER_UNARY(reciprocal, "reciprocal/1")
ATELIER_UNARY(exp, "exp/1")
ATELIER_UNARY(expm1, "expm1/1")
ATELIER_UNARY(log, "log/1")
ATELIER_UNARY(log1p, "log1p/1")
ATELIER_UNARY(tanh, "tanh/1")
ATELIER_UNARY(sigmoid, "sigmoid/1")
ATELIER_UNARY(softplus, "softplus/1")
ATELIER_UNARY(relu, "relu/1")
ATELIER_UNARY(erf, "erf/1")
ATELIER_UNARY(sin, "sin/1")
ATELIER_UNARY(cos, "cos/1")
ATELIER_UNARY(floor, "floor/1")
ATELIER_UNARY(is_finite, "is_finite/1")  // 1 where finite, 0 where infinite or nan
#undef ATELIER_UNARY

namespace detail {

ATELIER_ONCE inline Tensor scalar(atl_context* context, double value, Location at) {
  return apply(context, resolved<"scalar/1">(), {}, {attribute(value)}, at);
}
ATELIER_ONCE inline At scalar_beside(At x, double value) {
  return {scalar(x.tensor.context(), value, x.location()), x.location()};
}
// Of the type that x has.
ATELIER_ONCE inline At scalar_beside(At x, int64_t value) {
  atl_tensor_info found{};
  found.size = sizeof found;
  atl_context* context = x.tensor.context();
  const bool is_known = context != nullptr && core->describe(context, x.tensor.handle(), &found) == ATL_OK;
  if (!is_known || found.dtype != ATL_INT64) {
    return scalar_beside(x, static_cast<double>(value));
  }
  return {apply(context, resolved<"scalar_integer/1">(), {}, {attribute(value)}, x.location()), x.location()};
}

}  // namespace detail

#define ATELIER_BINARY(function, name)                                     \
  inline Tensor function(At a, At b) {                                     \
    return detail::call<name>({a, b});                                     \
  }                                                                        \
  inline Tensor function(At a, double b) {                                 \
    return function(a, detail::scalar_beside(a, b));                       \
  }                                                                        \
  inline Tensor function(double a, At b) {                                 \
    return function(detail::scalar_beside(b, a), b);                       \
  }                                                                        \
  template <std::integral Integer>                                         \
  Tensor function(At a, Integer b) {                                       \
    return function(a, detail::scalar_beside(a, static_cast<int64_t>(b))); \
  }                                                                        \
  template <std::integral Integer>                                         \
  Tensor function(Integer a, At b) {                                       \
    return function(detail::scalar_beside(b, static_cast<int64_t>(a)), b); \
  }
ATELIER_BINARY(operator+, "add/1")
ATELIER_BINARY(operator-, "sub/1")
ATELIER_BINARY(operator*, "mul/1")
ATELIER_BINARY(operator/, "div/1")
ATELIER_BINARY(maximum, "maximum/1")
ATELIER_BINARY(minimum, "minimum/1")
// Comparisons give 1 where true and 0 elsewhere.
ATELIER_BINARY(less, "less/1")
ATELIER_BINARY(less_equal, "less_equal/1")
ATELIER_BINARY(greater, "greater/1")
ATELIER_BINARY(greater_equal, "greater_equal/1")
ATELIER_BINARY(equal, "equal/1")
ATELIER_BINARY(not_equal, "not_equal/1")
#undef ATELIER_BINARY

inline Tensor select(At mask, At where_true, At where_false) {  // where_false where the mask is 0
  return detail::call<"select/1">({mask, where_true, where_false});
}
inline Tensor power(At x, double exponent) {
  return detail::call<"power/1">({x}, {detail::attribute(exponent)});
}
inline Tensor broadcast_to(At x, Integers dims) {
  return detail::call<"broadcast_to/1">({x}, {detail::attribute(dims)});
}

}  // namespace atelier
