// Elements in order along an axis, real ones or int64. Equal ones stay in the order of their places, nan comes last.
#pragma once

#include <atelier/tensor.hpp>

namespace atelier {

struct Sorted {
  Tensor values;
  Tensor places;  // int64, along the axis
};

namespace detail {

template <OperationName name>
Sorted sorted(At x, std::initializer_list<atl_attribute> attributes) {
  const atl_tensor input = x.tensor.handle();
  atl_context* context = x.tensor.context();
  atl_tensor outputs[2] = {};
  apply(context, resolved<name>(), &input, 1, attributes.begin(), attributes.size(), outputs, 2, x.location());
  return {{context, outputs[0]}, {context, outputs[1]}};
}

}  // namespace detail

inline Sorted sort(At x, int64_t axis = -1, bool descending = false) {
  return detail::sorted<"sort/1">(x, {detail::attribute(axis), detail::attribute(int64_t{descending})});
}
inline Tensor argsort(At x, int64_t axis = -1, bool descending = false) {
  return detail::call<"argsort/1">({x}, {detail::attribute(axis), detail::attribute(int64_t{descending})});
}
// The k largest, largest first; or the k smallest, smallest first.
inline Sorted top_k(At x, int64_t k, int64_t axis = -1, bool smallest = false) {
  return detail::sorted<"top_k/1">(
      x, {detail::attribute(k), detail::attribute(axis), detail::attribute(int64_t{smallest})});
}

}  // namespace atelier
