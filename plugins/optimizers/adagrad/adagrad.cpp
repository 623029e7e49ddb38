// Duchi, Hazan & Singer 2011, the diagonal update of figure 1:  s = s + g²;  θ = θ - η g / (√(s₀ + s) + ε),
// with g = ∇ + λ θ. Slots begin at zero, so what the sum starts from, s₀, is added where it is used.
#include <atelier/optimizer.hpp>
#include <cmath>

namespace {

using namespace atelier;

enum Scalar { learning_rate, initial, epsilon, weight_decay };

ATELIER_VECTORIZED void adagrad(const double* scalars, size_t count, float* parameter, const float* gradient,
                                float* sum) {
  const auto rate = static_cast<float>(scalars[learning_rate]);
  const auto start = static_cast<float>(scalars[initial]);
  const auto small = static_cast<float>(scalars[epsilon]);
  const auto lambda = static_cast<float>(scalars[weight_decay]);
  for (size_t i = 0; i < count; ++i) {
    const float g = gradient[i] + lambda * parameter[i];
    const float s = sum[i] + g * g;
    sum[i] = s;
    parameter[i] -= rate * g / (std::sqrt(start + s) + small);
  }
}

class AdaGrad final : public Optimizer {
 public:
  static constexpr std::initializer_list<const char*> slots = {"sum"};

  static void describe(Description& d) {
    d.summary = "AdaGrad: gradients divided by the root of the sum of all their squares so far.";
    d.reference = "Duchi, Hazan & Singer 2011";
    d.number("learning_rate", 0.01, "step size").range(0);
    d.number("initial_accumulator", 0.0, "what the sum of squares begins with").range(0);
    d.number("epsilon", 1e-10, "added to the denominator").range(0);
    d.number("weight_decay", 0.0, "added to the gradient: this times the weights").range(0);
  }

  explicit AdaGrad(const Settings& settings)
      : initial_(settings.number("initial_accumulator")),
        epsilon_(settings.number("epsilon")),
        weight_decay_(settings.number("weight_decay")) {}

  void begin_update(const Update& update, double* scalars) override {
    scalars[learning_rate] = update.learning_rate;
    scalars[initial] = initial_;
    scalars[epsilon] = epsilon_;
    scalars[weight_decay] = weight_decay_;
  }

  void update(const double* scalars, size_t count, float* parameter, const float* gradient,
              float* const* state) const override {
    adagrad(scalars, count, parameter, gradient, state[0]);
  }

 private:
  double initial_, epsilon_, weight_decay_;
};

}  // namespace

ATELIER_OPTIMIZER("adagrad", AdaGrad)
