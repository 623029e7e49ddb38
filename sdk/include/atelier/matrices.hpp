// Matrix products.
#pragma once

#include <atelier/tensor.hpp>

namespace atelier {

inline Tensor matmul(At a, At b) {  // (..., M, K) times (..., K, N)
  return detail::call<"matmul/1">({a, b});
}
inline Tensor linear(At x, At weight, At bias) {  // (..., I), (O, I), (O) to (..., O)
  return detail::call<"linear/1">({x, weight, bias});
}
inline Tensor linear(At x, At weight) {
  return detail::call<"linear/1">({x, weight});
}

}  // namespace atelier
