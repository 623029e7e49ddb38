// The Wasserstein distance by its dual (Arjovsky et al. 2017, equation 2): a critic, whose values are the logits, finds
// E f(x) - E f(G(z)) over all functions f of slope 1 at most. The two losses hold the slope in different ways.
#include "logits.hpp"
#include "slope.hpp"

namespace {

using namespace atelier;
using adversarial::Logits;

class Wasserstein : public AdversarialLoss {
 public:
  Tensor discriminator(const Network& critic, Tensor real, Tensor fake) const override {
    const Logits values(critic, real, fake);
    return mean(values.fake) - mean(values.real);
  }
  Tensor generator(const Network& critic, Tensor fake) const override { return -mean(critic(fake)); }
};

class Clipped final : public Wasserstein {
 public:
  static void describe(Description& d) {
    d.summary = "Wasserstein distance; every weight of the critic is clipped after its updates.";
    d.reference = "Arjovsky et al. 2017, Wasserstein Generative Adversarial Networks, algorithm 1";
    d.number("clip", 0.01, "c, the largest magnitude of a weight").range(1e-12);
    d.measure("", Direction::neither, "", "difference of the critic's values");
  }
  Clipped(const Settings& settings, const DataSpec&, Builder&) : clip_{settings.number("clip")} {}

  Tensor discriminator(const Network& critic, Tensor real, Tensor fake) const override {
    after_update(real, critic.group(), clip_);
    return Wasserstein::discriminator(critic, real, fake);
  }

 private:
  struct Clip {
    double c;
    void operator()(atl_context* context, Parameter weight) const { weight.assign(clamp(weight.use(context), -c, c)); }
  };
  Clip clip_;
};

class Penalized final : public Wasserstein {
 public:
  static void describe(Description& d) {
    d.summary = "Wasserstein distance; slopes of the critic other than 1 are penalized between real and fake images.";
    d.reference = "Gulrajani et al. 2017, Improved Training of Wasserstein GANs, equation 3";
    d.number("lambda", 10.0, "weight of the penalty").range(0);
    d.measure("", Direction::neither, "", "difference of the critic's values, and the penalty");
  }
  Penalized(const Settings& settings, const DataSpec&, Builder&) : lambda_(settings.number("lambda")) {}

  // lambda E (|grad f(x)| - 1)^2 at x = e real + (1 - e) fake, e from U(0, 1) for each pair.
  Tensor discriminator(const Network& critic, Tensor real, Tensor fake) const override {
    const Recording recording(real.context());
    const int64_t n = real.dim(0);
    const Tensor e = real.rank() == 2 ? recording.uniform({n, 1}) : recording.uniform({n, 1, 1, 1});
    const Tensor x = (e * real + (1.0 - e) * fake).detach();
    const Tensor penalty = lambda_ * adversarial::mean_squared_deviation_from_slope_1(critic, x);
    return penalty + Wasserstein::discriminator(critic, real, fake);
  }

 private:
  double lambda_;
};

}  // namespace

ATELIER_LOSS("wasserstein", Clipped)
ATELIER_LOSS("wasserstein-gp", Penalized)
