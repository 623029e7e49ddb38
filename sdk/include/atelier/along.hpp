// Elements chosen along one axis, by int64 indices of a whole tensor's shape; on the other axes the indices may be
// shorter. An index out of range reads nan, or the smallest integer, and writes nothing.
#pragma once

#include <atelier/tensor.hpp>

namespace atelier {

inline Tensor gather_along(At x, At indices, int64_t axis) {  // of the indices' shape
  return detail::call<"gather_along/1">({x, indices}, {detail::attribute(axis)});
}
// The base, with each update added at its index; updates beyond the indices' shape are not used.
inline Tensor scatter_add_along(At base, At indices, At updates, int64_t axis) {
  return detail::call<"scatter_add_along/1">({base, indices, updates}, {detail::attribute(axis)});
}

}  // namespace atelier
