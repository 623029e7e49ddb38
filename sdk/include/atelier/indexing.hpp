// Elements chosen by int64 indices. An index out of range reads nan and receives no gradient.
#pragma once

#include <atelier/tensor.hpp>

namespace atelier {

inline Tensor gather(At table, At indices) {  // rows of (N, ...)
  return detail::call<"gather/1">({table, indices});
}
inline Tensor take(At x, At indices) {  // (..., C), (...) to (...): the element at the index of each row
  return detail::call<"take/1">({x, indices});
}
// (I...), (I..., ...) to (rows, ...): for each row the sum of its updates.
inline Tensor scatter_add(At indices, At updates, int64_t rows) {
  return detail::call<"scatter_add/1">({indices, updates}, {detail::attribute(rows)});
}
inline Tensor one_hot(At indices, int64_t classes) {
  return detail::call<"one_hot/1">({indices}, {detail::attribute(classes)});
}
inline Tensor to_real(At x) {  // int64 to the run's real type
  return detail::call<"cast/1">({x});
}

}  // namespace atelier
