// What is made of the elements along axes. `axes` empty: all. `keep`: reduced axes stay with length 1.
#pragma once

#include <atelier/elementwise.hpp>

namespace atelier {

#define ATELIER_REDUCTION(function, name)                                                             \
  inline Tensor function(At x, Integers axes = std::initializer_list<int64_t>{}, bool keep = false) { \
    return detail::call<name>({x}, {detail::attribute(axes), detail::attribute(int64_t{keep})});      \
  }
ATELIER_REDUCTION(sum, "sum/1")
ATELIER_REDUCTION(mean, "mean/1")
ATELIER_REDUCTION(max, "max/1")
ATELIER_REDUCTION(min, "min/1")
#undef ATELIER_REDUCTION

inline Tensor argmax(At x, int64_t axis = -1) {  // int64
  return detail::call<"argmax/1">({x}, {detail::attribute(axis)});
}
inline Tensor argmin(At x, int64_t axis = -1) {  // int64
  return detail::call<"argmin/1">({x}, {detail::attribute(axis)});
}

// Euclidean. The gradient at 0 is 0, one of the subgradients there.
inline Tensor norm(At x, Integers axes = std::initializer_list<int64_t>{}) {
  const CalledFrom caller(x);
  const Tensor squares = sum(square(x), axes);
  const Tensor one_at_zero = equal(squares, 0.0);  // a constant: there the root is that of 1, and x ends the gradient
  return sqrt(squares + one_at_zero) - one_at_zero;
}

}  // namespace atelier
