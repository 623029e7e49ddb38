// What accumulates along an axis. `exclusive`: without the element itself. `reverse`: from the end.
#pragma once

#include <atelier/tensor.hpp>

namespace atelier {

inline Tensor cumulative_sum(At x, int64_t axis = -1, bool exclusive = false, bool reverse = false) {
  return detail::call<"cumulative_sum/1">(
      {x}, {detail::attribute(axis), detail::attribute(int64_t{exclusive}), detail::attribute(int64_t{reverse})});
}
inline Tensor cumulative_product(At x, int64_t axis = -1, bool exclusive = false, bool reverse = false) {
  return detail::call<"cumulative_product/1">(
      {x}, {detail::attribute(axis), detail::attribute(int64_t{exclusive}), detail::attribute(int64_t{reverse})});
}

}  // namespace atelier
