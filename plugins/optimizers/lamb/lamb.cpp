// You et al. 2020, Large Batch Optimization for Deep Learning, algorithm 2 (LAMB): Adam's step r of each layer, as long
// as the layer's weights are,
//   θ = θ - η φ(|θ|) / |r + λ θ| · (r + λ θ),  φ(z) = min(z, 10),
// where the ratio is 1 if one of the norms is 0, and for biases, which decay spares too.
#include <atelier/recorded_optimizer.hpp>
#include <cmath>

namespace {

using namespace atelier;

class Lamb final : public RecordedOptimizer {
 public:
  static void describe(Description& d) {
    d.summary = "LAMB: Adam whose step of each layer is as long as its weights are, for large batches.";
    d.reference = "You et al. 2020, Large Batch Optimization for Deep Learning: Training BERT in 76 minutes";
    d.number("learning_rate", 0.01, "step size, relative to the weights").range(0);
    d.number("beta1", 0.9, "decay of the running mean of gradients").range(0).below(1);
    d.number("beta2", 0.999, "decay of the running mean of squared gradients").range(0).below(1);
    d.number("epsilon", 1e-6, "added to the denominator").range(0);
    d.number("weight_decay", 0.01, "strength of the weight decay, which spares biases").range(0);
  }
  explicit Lamb(const Settings& settings)
      : beta1_(settings.number("beta1")),
        beta2_(settings.number("beta2")),
        epsilon_(settings.number("epsilon")),
        weight_decay_(settings.number("weight_decay")) {}

  [[nodiscard]] std::vector<Slot> slots(const ParameterInfo& parameter) const override {
    return {{"m", parameter.dims}, {"v", parameter.dims}};
  }

  void update(GroupUpdate& update) const override {
    const auto t = static_cast<double>(update.t);
    for (const UpdatedParameter& parameter : update.parameters) {
      const Tensor g = parameter.gradient;
      const Tensor m = beta1_ * parameter.slots[0].use(g) + (1 - beta1_) * g;
      const Tensor v = beta2_ * parameter.slots[1].use(g) + (1 - beta2_) * square(g);
      parameter.slots[0].assign(m);
      parameter.slots[1].assign(v);
      const Tensor adam = m / (1 - std::pow(beta1_, t)) / (sqrt(v / (1 - std::pow(beta2_, t))) + epsilon_);
      const bool vector = parameter.info.is_vector();
      const Tensor step = vector ? adam : adam + weight_decay_ * parameter.value;
      const Tensor ratio = vector ? update.scalar(1) : trust_ratio(parameter.value, step);
      parameter.parameter.assign(parameter.value - update.learning_rate * (ratio * step));
    }
  }

 private:
  static Tensor trust_ratio(Tensor weights, Tensor step) {
    constexpr double longest = 10;
    const Tensor length = norm(weights), of_step = norm(step);
    const Tensor both = greater(length, 0.0) * greater(of_step, 0.0);
    return select(both, minimum(length, longest) / (of_step + equal(of_step, 0.0)), both * 0.0 + 1.0);
  }

  double beta1_, beta2_, epsilon_, weight_decay_;
};

}  // namespace

ATELIER_RECORDED_OPTIMIZER("lamb", Lamb)
