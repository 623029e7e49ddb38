// Activations with settings; those without are in elementwise.hpp.
#pragma once

#include <atelier/tensor.hpp>

namespace atelier {

inline Tensor leaky_relu(At x, double slope = 0.01) {
  return detail::call<"leaky_relu/1">({x}, {detail::attribute(slope)});
}
inline Tensor elu(At x, double alpha = 1.0) {
  return detail::call<"elu/1">({x}, {detail::attribute(alpha)});
}
inline Tensor gelu(At x) {
  return detail::call<"gelu/1">({x});
}
inline Tensor clamp(At x, double low, double high) {
  return detail::call<"clamp/1">({x}, {detail::attribute(low), detail::attribute(high)});
}

}  // namespace atelier
