// Losses on logits, without a further term: the two forms of Goodfellow et al. 2014, where D(x) = sigmoid(logit), least
// squares, and hinge.
#include "logits.hpp"

namespace {

using namespace atelier;
using adversarial::against;
using adversarial::Logits;

class NonSaturating final : public AdversarialLoss {
 public:
  static void describe(Description& d) {
    d.summary = "The generator maximizes log D(G(z)).";
    d.reference = "Goodfellow et al. 2014, section 3; label smoothing: Salimans et al. 2016, section 3.4";
    d.number("label_smoothing", 0.0, "real images get the label 1 minus this in the discriminator's loss")
        .range(0, 0.5);
    d.measure("", Direction::neither, "nats", "cross-entropy of real and generated");
  }
  NonSaturating(const Settings& settings, const DataSpec&, Builder&)
      : real_(1.0 - settings.number("label_smoothing")) {}

  Tensor discriminator(const Network& network, Tensor real, Tensor fake) const override {
    const Logits logits(network, real, fake);
    return against(logits.real, real_) + against(logits.fake, 0.0);
  }
  Tensor generator(const Network& network, Tensor fake) const override { return against(network(fake), 1.0); }

 private:
  double real_;
};

class Minimax final : public AdversarialLoss {
 public:
  static void describe(Description& d) {
    d.summary = "The generator minimizes log(1 - D(G(z))), the value that the discriminator maximizes.";
    d.reference = "Goodfellow et al. 2014, equation 1";
    d.measure("", Direction::neither, "nats", "cross-entropy of real and generated");
  }
  Minimax(const Settings&, const DataSpec&, Builder&) {}

  Tensor discriminator(const Network& network, Tensor real, Tensor fake) const override {
    const Logits logits(network, real, fake);
    return against(logits.real, 1.0) + against(logits.fake, 0.0);
  }
  Tensor generator(const Network& network, Tensor fake) const override { return -against(network(fake), 0.0); }
};

// min_D 1/2 E (D(x) - b)^2 + 1/2 E (D(G(z)) - a)^2, min_G 1/2 E (D(G(z)) - c)^2, where D(x) is the logit itself. The
// labels 0, 1, 1 are the paper's choice; -1, 1, 0 would minimize the Pearson divergence.
class LeastSquares final : public AdversarialLoss {
 public:
  static void describe(Description& d) {
    d.summary = "Squared distances of the logits from a label for real, for generated, and for convincing images.";
    d.reference = "Mao et al. 2017, Least Squares Generative Adversarial Networks, equation 2 and section 3.2";
    d.number("fake_label", 0.0, "a, that the discriminator gives generated images");
    d.number("real_label", 1.0, "b, that the discriminator gives real images");
    d.number("wanted_label", 1.0, "c, that the generator wants for its images");
    d.measure("", Direction::neither, "", "squared distance from the labels");
  }
  LeastSquares(const Settings& settings, const DataSpec&, Builder&)
      : a_(settings.number("fake_label")), b_(settings.number("real_label")), c_(settings.number("wanted_label")) {}

  Tensor discriminator(const Network& network, Tensor real, Tensor fake) const override {
    const Logits logits(network, real, fake);
    return from(logits.real, b_) + from(logits.fake, a_);
  }
  Tensor generator(const Network& network, Tensor fake) const override { return from(network(fake), c_); }

 private:
  static Tensor from(Tensor logits, double label) { return 0.5 * mean(square(logits - label)); }

  double a_, b_, c_;
};

class Hinge final : public AdversarialLoss {
 public:
  static void describe(Description& d) {
    d.summary = "The discriminator keeps real and generated images a margin apart; the generator raises its images.";
    d.reference =
        "Lim & Ye 2017, Geometric GAN; Miyato et al. 2018, Spectral Normalization for Generative Adversarial Networks, "
        "equations 16 and 17";
    d.measure("", Direction::neither, "logits", "what lies within the margin");
  }
  Hinge(const Settings&, const DataSpec&, Builder&) {}

  Tensor discriminator(const Network& network, Tensor real, Tensor fake) const override {
    const Logits logits(network, real, fake);
    return mean(relu(1.0 - logits.real)) + mean(relu(1.0 + logits.fake));
  }
  Tensor generator(const Network& network, Tensor fake) const override { return -mean(network(fake)); }
};

}  // namespace

ATELIER_LOSS("non-saturating", NonSaturating)
ATELIER_LOSS("minimax", Minimax)
ATELIER_LOSS("least-squares", LeastSquares)
ATELIER_LOSS("hinge", Hinge)
