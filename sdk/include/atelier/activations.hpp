// Activations with settings, and all by their names; those without settings are in elementwise.hpp.
#pragma once

#include <atelier/elementwise.hpp>
#include <atelier/names.hpp>

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

// By the names that Description::activation offers.
inline Tensor activate(std::string_view name, At x) {
  if (name == "none") return x.tensor;
  if (name == "relu") return relu(x);
  if (name == "leaky_relu") return leaky_relu(x, 0.2);  // as in DCGAN (Radford et al. 2016)
  if (name == "elu") return elu(x);
  if (name == "gelu") return gelu(x);
  if (name == "softplus") return softplus(x);
  if (name == "tanh") return tanh(x);
  if (name == "sigmoid") return sigmoid(x);
  detail::fail(x.tensor.context(), ATL_ERROR_ARGUMENT,
               detail::unknown_name("activation", name, detail::activation_names), x.location());
  detail::stop();
  return {x.tensor.context(), 0};
}

}  // namespace atelier
