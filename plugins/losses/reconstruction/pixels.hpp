// Negative log-likelihoods of an image under a factorized distribution, summed over its elements.
#pragma once

#include <atelier/loss.hpp>

namespace reconstruction {

using namespace atelier;

inline Tensor sum_each(Tensor x) {
  return sum(x.flatten(), {1});
}  // (B, ...) to (B)

class Bce final : public ReconstructionLoss {
 public:
  static void describe(Description& d) {
    d.summary = "Binary cross-entropy: the decoder gives the logits of Bernoulli pixels.";
    d.reference = "Kingma & Welling 2014, appendix C.1";
    d.measure("", Direction::smaller, "nats", "summed over the elements of an image");
  }
  Bce(const Settings&, const DataSpec& data, Builder& build) {
    const Field& image = data.image();
    if (image.low != 0 || image.high != 1) {
      build.fail("loss.reconstruction: 'bce' needs images in [0, 1]; hint: set dataset.range = [0, 1], or use 'mse'");
    }
  }
  Tensor per_sample(Tensor output, Tensor target) const override { return sum_each(bce_with_logits(output, target)); }
  Tensor image(Tensor output) const override { return sigmoid(output); }
};

class Mse final : public ReconstructionLoss {
 public:
  static void describe(Description& d) {
    d.summary =
        "Squared error, summed over the elements: -log p(x) where the decoder gives the means of Gaussian pixels of "
        "variance 1/2, but for a constant, which a likelihood that is measured through it lacks.";
    d.reference = "Bishop 2006, section 3.1.1";
    d.measure("", Direction::smaller, "nats + constant", "summed over the elements of an image");
  }
  Mse(const Settings&, const DataSpec&, Builder&) {}
  Tensor per_sample(Tensor output, Tensor target) const override { return sum_each(square(output - target)); }
  Tensor image(Tensor output) const override { return output; }
};

}  // namespace reconstruction
