// What is only for int64 tensors. Arithmetic, comparisons, select and what moves elements take them as they take real
// ones: `labels + 1`. Sums and products wrap around.
#pragma once

#include <atelier/elementwise.hpp>

namespace atelier {

// Cut towards zero. What is beyond int64 becomes its smallest or largest integer, and nan 0.
inline Tensor to_integer(At x) {
  return detail::call<"to_integer/1">({x});
}

// Rounded down; and what is left, of the divisor's sign. Divided by 0 both are the smallest integer.
#define ATELIER_BINARY(function, name)               \
  inline Tensor function(At a, At b) {               \
    return detail::call<name>({a, b});               \
  }                                                  \
  inline Tensor function(At a, int64_t b) {          \
    return function(a, detail::scalar_beside(a, b)); \
  }
ATELIER_BINARY(floor_divide, "floor_divide/1")
ATELIER_BINARY(remainder, "remainder/1")
#undef ATELIER_BINARY

}  // namespace atelier
