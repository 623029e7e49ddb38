// Stochastic gradient descent with momentum (Polyak 1964): v = μ v + ∇;  θ = θ - η v.
#include <atelier/optimizer.hpp>
namespace {
using namespace atelier;

ATELIER_VECTORIZED void descend(float eta, float mu, size_t count, float* theta, const float* gradient, float* v) {
  for (size_t i = 0; i < count; ++i) {
    v[i] = mu * v[i] + gradient[i];
    theta[i] -= eta * v[i];
  }
}

struct MyPlugin final : Optimizer {
  static constexpr std::initializer_list<const char*> slots = {"velocity"};  // arrays kept beside each parameter
  static void describe(Description& d) {
    d.summary = "Stochastic gradient descent with momentum.";
    d.number("learning_rate", 0.01, "step size").range(0);
    d.number("momentum", 0.9, "share of the last update that is kept").range(0).below(1);
  }
  explicit MyPlugin(const Settings& settings) : momentum(settings.number("momentum")) {}
  void begin_update(const Update& update, double* scalars) const {  // once, before all elements are updated
    scalars[0] = update.learning_rate, scalars[1] = momentum;
  }
  void update(const double* k, size_t count, float* theta, const float* gradient, float* const* slot) const {
    descend(static_cast<float>(k[0]), static_cast<float>(k[1]), count, theta, gradient, slot[0]);
  }
  double momentum;
};
}  // namespace
ATELIER_OPTIMIZER("my-plugin", MyPlugin)
