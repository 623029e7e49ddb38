// How steep a network is where a penalty looks.
#pragma once

#include <atelier/loss.hpp>

namespace adversarial {

using namespace atelier;

// E (|grad f(x)| - 1)^2 over the images x of a batch, which must have no gradient of their own.
inline Tensor mean_squared_deviation_from_slope_1(const Network& network, Tensor x) {
  const Tensor squared_slope = sum(square(gradient(network(x), x).flatten()), {1});
  const Tensor slope = sqrt(squared_slope + 1e-20);  // a root's own slope at 0 is infinite
  return mean(square(slope - 1.0));
}

}  // namespace adversarial
