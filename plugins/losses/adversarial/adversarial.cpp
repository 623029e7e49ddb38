// Goodfellow et al. 2014, section 3: the two forms of the adversarial loss, on logits. D(x) = sigmoid(logit).
#include <atelier/loss.hpp>

namespace {

using namespace atelier;

// -mean [label log D(x) + (1 - label) log(1 - D(x))]
Tensor against(Tensor logits, double label) {
  return mean(bce_with_logits(logits, label));
}

class NonSaturating final : public AdversarialLoss {
 public:
  static void describe(Description& d) {
    d.summary = "The generator maximizes log D(G(z)).";
    d.reference = "Goodfellow et al. 2014, section 3; label smoothing: Salimans et al. 2016, section 3.4";
    d.number("label_smoothing", 0.0, "real images get the label 1 minus this in the discriminator's loss")
        .range(0, 0.5);
  }
  NonSaturating(const Settings& settings, const DataSpec&, Builder&)
      : real_(1.0 - settings.number("label_smoothing")) {}

  Tensor discriminator(const Network& network, Tensor real, Tensor fake) override {
    return against(network(real), real_) + against(network(fake), 0.0);
  }
  Tensor generator(const Network& network, Tensor fake) override { return against(network(fake), 1.0); }

 private:
  double real_;
};

class Minimax final : public AdversarialLoss {
 public:
  static void describe(Description& d) {
    d.summary = "The generator minimizes log(1 - D(G(z))), the value that the discriminator maximizes.";
    d.reference = "Goodfellow et al. 2014, equation 1";
  }
  Minimax(const Settings&, const DataSpec&, Builder&) {}

  Tensor discriminator(const Network& network, Tensor real, Tensor fake) override {
    return against(network(real), 1.0) + against(network(fake), 0.0);
  }
  Tensor generator(const Network& network, Tensor fake) override { return -against(network(fake), 0.0); }
};

}  // namespace

ATELIER_LOSS("non-saturating", NonSaturating)
ATELIER_LOSS("minimax", Minimax)
