// Elements in other places: joins, borders, repetitions. Slices and permutations are members of Tensor.
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
// Each row so often after itself, (N, ...) to (N times, ...). An empty tensor stays one.
inline Tensor repeated(At x, int64_t times) {
  if (times == 1) {
    return x.tensor;
  }
  if (x.tensor.handle() == 0) {
    return x.tensor;
  }
  const CalledFrom caller(x);
  std::vector<int64_t> dims = x.tensor.shape();
  const Tensor rows = x.tensor.reshape({dims[0], 1, -1});
  const Tensor all = broadcast_to(rows, {dims[0], times, rows.dim(2)});
  dims[0] *= times;
  return all.reshape(dims);
}

}  // namespace atelier
