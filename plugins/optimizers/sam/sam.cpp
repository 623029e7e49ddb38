// Foret et al. 2021, Sharpness-Aware Minimization, algorithm 1: the gradient is taken where the loss is highest nearby,
//   ε = ρ ∇L(θ) / |∇L(θ)|,  g = ∇L(θ + ε),
// the norm being that of the whole group, and θ is updated by it with momentum: v = μ v + g + λ θ;  θ = θ - η v.
#include <atelier/recorded_optimizer.hpp>

namespace {

using namespace atelier;

class SharpnessAware final : public RecordedOptimizer {
 public:
  static void describe(Description& d) {
    d.summary = "Sharpness-aware minimization on gradient descent with momentum; computes two gradients an update.";
    d.reference = "Foret et al. 2021, Sharpness-Aware Minimization for Efficiently Improving Generalization";
    d.number("learning_rate", 0.1, "step size").range(0);
    d.number("rho", 0.05, "how far away the second gradient is taken: the length of the way there").above(0);
    d.number("momentum", 0.9, "share of the last update that is kept").range(0).below(1);
    d.number("weight_decay", 0.0, "strength of the weight decay, which spares biases").range(0);
  }
  explicit SharpnessAware(const Settings& settings)
      : rho_(settings.number("rho")),
        momentum_(settings.number("momentum")),
        weight_decay_(settings.number("weight_decay")) {}

  [[nodiscard]] std::vector<Slot> slots(const ParameterInfo& parameter) const override {
    return {{"velocity", parameter.dims}};
  }

  void update(GroupUpdate& update) const override {
    Tensor squares = update.scalar(0);
    for (const UpdatedParameter& parameter : update.parameters) {
      squares = squares + sum(square(parameter.gradient));
    }
    const Tensor scale = rho_ / (sqrt(squares) + 1e-12);
    std::vector<Tensor> nearby;
    for (const UpdatedParameter& parameter : update.parameters) {
      nearby.push_back(parameter.value + scale * parameter.gradient);
    }
    const std::vector<Tensor> gradients = update.gradients_at(nearby);
    for (size_t i = 0; i < gradients.size(); ++i) {
      const UpdatedParameter& parameter = update.parameters[i];
      const double decay = parameter.info.is_vector() ? 0 : weight_decay_;
      const Tensor velocity =
          momentum_ * parameter.slots[0].use(update.context()) + gradients[i] + decay * parameter.value;
      parameter.slots[0].assign(velocity);
      parameter.parameter.assign(parameter.value - update.learning_rate * velocity);
    }
  }

 private:
  double rho_, momentum_, weight_decay_;
};

}  // namespace

ATELIER_RECORDED_OPTIMIZER("sam", SharpnessAware)
