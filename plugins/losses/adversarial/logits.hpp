// What the discriminator makes of a batch.
#pragma once

#include <atelier/loss.hpp>

namespace adversarial {

using namespace atelier;

// Real images come first: networks that draw, or keep a state, depend on the order, which C++ leaves open in a sum.
struct Logits {
  Tensor real, fake;
  Logits(const Network& network, Tensor real_images, Tensor fake_images)
      : real(network(real_images)), fake(network(fake_images)) {}
};

// -mean [label log D(x) + (1 - label) log(1 - D(x))], where D(x) = sigmoid(logit).
inline Tensor against(Tensor logits, double label) {
  return mean(bce_with_logits(logits, label));
}

}  // namespace adversarial
