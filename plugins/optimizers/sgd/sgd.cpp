// Stochastic gradient descent with momentum (Polyak 1964; Nesterov 1983 in the form of Sutskever et al. 2013):
//   g = ∇ + λ θ;  v = μ v + g;  θ = θ - η (v, or g + μ v with Nesterov's).
#include <atelier/optimizer.hpp>

namespace {

using namespace atelier;

enum Scalar { learning_rate, momentum, weight_decay, gradient_share, velocity_share };

ATELIER_VECTORIZED void sgd(const double* scalars, size_t count, float* parameter, const float* gradient,
                            float* velocity) {
  const auto rate = static_cast<float>(scalars[learning_rate]);
  const auto mu = static_cast<float>(scalars[momentum]);
  const auto decay = static_cast<float>(scalars[weight_decay]);
  const auto of_gradient = static_cast<float>(scalars[gradient_share]);
  const auto of_velocity = static_cast<float>(scalars[velocity_share]);
  for (size_t i = 0; i < count; ++i) {
    const float g = gradient[i] + decay * parameter[i];
    const float v = mu * velocity[i] + g;
    velocity[i] = v;
    parameter[i] -= rate * (of_gradient * g + of_velocity * v);
  }
}

class Sgd final : public Optimizer {
 public:
  static constexpr std::initializer_list<const char*> slots = {"velocity"};

  static void describe(Description& d) {
    d.summary = "Stochastic gradient descent, with momentum if asked for.";
    d.reference = "Polyak 1964; Sutskever et al. 2013";
    d.number("learning_rate", 0.01, "step size").range(0);
    d.number("momentum", 0.0, "share of the last update that is kept").range(0, 1);
    d.flag("nesterov", false, "look ahead along the momentum");
    d.number("weight_decay", 0.0, "added to the gradient: this times the weights").range(0);
  }

  explicit Sgd(const Settings& settings)
      : momentum_(settings.number("momentum")),
        weight_decay_(settings.number("weight_decay")),
        nesterov_(settings.flag("nesterov")) {}

  void begin_update(const Update& update, double* scalars) override {
    scalars[learning_rate] = update.learning_rate;
    scalars[momentum] = momentum_;
    scalars[weight_decay] = weight_decay_;
    scalars[gradient_share] = nesterov_ ? 1.0 : 0.0;
    scalars[velocity_share] = nesterov_ ? momentum_ : 1.0;
  }

  void update(const double* scalars, size_t count, float* parameter, const float* gradient,
              float* const* state) const override {
    sgd(scalars, count, parameter, gradient, state[0]);
  }

 private:
  double momentum_, weight_decay_;
  bool nesterov_;
};

}  // namespace

ATELIER_OPTIMIZER("sgd", Sgd)
