// Zeiler 2012, algorithm 1:  s = ρ s + (1 - ρ) g²;  Δ = √(d + ε) / √(s + ε) · g;  d = ρ d + (1 - ρ) Δ²;  θ = θ - η Δ,
// with g = ∇ + λ θ. The paper has no step size: η = 1.
#include <atelier/optimizer.hpp>
#include <cmath>

namespace {

using namespace atelier;

enum Scalar { eta, rho, rest, epsilon, lambda };

ATELIER_VECTORIZED void adadelta(const double* scalars, size_t count, float* parameter, const float* gradient,
                                 float* mean_square, float* mean_square_update) {
  const FloatScalars k(scalars);
  for (size_t i = 0; i < count; ++i) {
    const float g = gradient[i] + k[lambda] * parameter[i];
    const float s = k[rho] * mean_square[i] + k[rest] * (g * g);
    const float delta = std::sqrt(mean_square_update[i] + k[epsilon]) / std::sqrt(s + k[epsilon]) * g;
    mean_square[i] = s;
    mean_square_update[i] = k[rho] * mean_square_update[i] + k[rest] * (delta * delta);
    parameter[i] -= k[eta] * delta;
  }
}

class AdaDelta final : public Optimizer {
 public:
  static constexpr std::initializer_list<const char*> slots = {"mean_square", "mean_square_update"};

  static void describe(Description& d) {
    d.summary = "AdaDelta: gradients scaled by the running magnitude of updates over that of gradients.";
    d.reference = "Zeiler 2012";
    d.number("learning_rate", 1.0, "step size; the paper's is 1").range(0);
    d.number("decay", 0.9, "of both running averages").range(0).below(1);
    d.number("epsilon", 1e-6, "added under both roots").range(0);
    d.number("weight_decay", 0.0, "added to the gradient: this times the weights").range(0);
  }

  explicit AdaDelta(const Settings& settings)
      : decay_(settings.number("decay")),
        epsilon_(settings.number("epsilon")),
        weight_decay_(settings.number("weight_decay")) {}

  void begin_update(const Update& update, double* scalars) override {
    scalars[eta] = update.learning_rate;
    scalars[rho] = decay_;
    scalars[rest] = 1 - decay_;
    scalars[epsilon] = epsilon_;
    scalars[lambda] = weight_decay_;
  }

  void update(const double* scalars, size_t count, float* parameter, const float* gradient,
              float* const* state) const override {
    adadelta(scalars, count, parameter, gradient, state[0], state[1]);
  }

 private:
  double decay_, epsilon_, weight_decay_;
};

}  // namespace

ATELIER_OPTIMIZER("adadelta", AdaDelta)
