// Kingma & Welling 2014, appendix B: KL(N(μ, σ²) || N(0, 1)) = -1/2 Σ (1 + log σ² - μ² - σ²).
#include <atelier/loss.hpp>

namespace {

using namespace atelier;

class GaussianKl final : public DivergenceLoss {
 public:
  static void describe(Description& d) {
    d.summary = "Kullback-Leibler divergence of a diagonal Gaussian from the standard normal one.";
    d.reference = "Kingma & Welling 2014, appendix B";
    d.measure("", Direction::neither, "nats", "summed over the latent dimensions");
  }
  GaussianKl(const Settings&, const DataSpec&, Builder&) {}
  Tensor per_sample(Tensor mean, Tensor log_variance) const override {
    return -0.5 * sum(1.0 + log_variance - square(mean) - exp(log_variance), {1});
  }
};

}  // namespace

ATELIER_LOSS("gaussian-kl", GaussianKl)
