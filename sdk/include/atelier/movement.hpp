// Elements in other places: joins and borders; rearranging.hpp has more. Slices and permutations are members of Tensor.
#pragma once

#include <atelier/elementwise.hpp>

namespace atelier {

inline Tensor concatenate(const std::vector<Tensor>& parts, int64_t axis, Location at = {}) {
  return detail::call<"concatenate/1">(parts, {detail::attribute(axis)}, at);
}
inline Tensor concatenate(std::initializer_list<Tensor> parts, int64_t axis, Location at = {}) {
  return concatenate(std::vector<Tensor>(parts), axis, at);
}
inline Tensor pad(At x, Integers low, Integers high) {  // zeros before and after, for each axis
  return detail::call<"pad/1">({x}, {detail::attribute(low), detail::attribute(high)});
}

}  // namespace atelier
