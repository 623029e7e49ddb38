// The non-saturating game whose discriminator is kept at slope 1 around real images, where Kodali et al. 2017 find that
// games which collapse have grown steep.
#include "logits.hpp"
#include "slope.hpp"

namespace {

using namespace atelier;
using adversarial::against;
using adversarial::Logits;

class Dragan final : public AdversarialLoss {
 public:
  static void describe(Description& d) {
    d.summary = "Non-saturating loss; slopes of the discriminator other than 1 are penalized around real images.";
    d.reference = "Kodali et al. 2017, On Convergence and Stability of GANs, section 2.3, with k = 1";
    d.number("lambda", 10.0, "weight of the penalty").range(0);
    d.number("deviation", 0.5,
             "standard deviation of the normal noise around real images, in the unit of their values; the paper's c is "
             "its square")
        .range(0);
    d.measure("", Direction::neither, "nats", "cross-entropy of real and generated, and the penalty");
  }
  Dragan(const Settings& settings, const DataSpec&, Builder&)
      : lambda_(settings.number("lambda")), deviation_(settings.number("deviation")) {}

  // lambda E (|grad f(x)| - 1)^2 at x = real + noise, where f(x) is the logit.
  Tensor discriminator(const Network& network, Tensor real, Tensor fake) const override {
    const Recording recording(real.context());
    const Tensor x = (real + deviation_ * recording.normal(real.shape())).detach();
    const Tensor penalty = lambda_ * adversarial::mean_squared_deviation_from_slope_1(network, x);
    const Logits logits(network, real, fake);
    return penalty + against(logits.real, 1.0) + against(logits.fake, 0.0);
  }
  Tensor generator(const Network& network, Tensor fake) const override { return against(network(fake), 1.0); }

 private:
  double lambda_, deviation_;
};

}  // namespace

ATELIER_LOSS("dragan", Dragan)
