// Zeiler 2012, algorithm 1:  s = ρ s + (1 - ρ) g²;  Δ = √(d + ε) / √(s + ε) · g;  d = ρ d + (1 - ρ) Δ²;  θ = θ - η Δ,
// with g = ∇ + λ θ. The paper has no step size: η = 1.
#include <cmath>

#include "../common/weight_decay.hpp"

namespace {

using namespace atelier;

enum Scalar { eta, rho, rest, epsilon };
enum Constant { lambda };

template <typename Real>
__attribute__((always_inline)) inline void step(const double* scalars, const double* constants, size_t count,
                                                Real* parameter, const Real* gradient, Real* mean_square,
                                                Real* mean_square_update) {
  const ScalarsAs<Real> k(scalars), own(constants);
  for (size_t i = 0; i < count; ++i) {
    const Real g = gradient[i] + own[lambda] * parameter[i];
    const Real s = k[rho] * mean_square[i] + k[rest] * (g * g);
    const Real delta = std::sqrt(mean_square_update[i] + k[epsilon]) / std::sqrt(s + k[epsilon]) * g;
    mean_square[i] = s;
    mean_square_update[i] = k[rho] * mean_square_update[i] + k[rest] * (delta * delta);
    parameter[i] -= k[eta] * delta;
  }
}

ATELIER_VECTORIZED void adadelta(const double* scalars, const double* constants, size_t count, float* parameter,
                                 const float* gradient, float* mean_square, float* mean_square_update) {
  step(scalars, constants, count, parameter, gradient, mean_square, mean_square_update);
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
    WeightDecay::describe(d, "added to the gradient: this times the weights");
  }

  explicit AdaDelta(const Settings& settings)
      : decay_(settings.number("decay")), epsilon_(settings.number("epsilon")), weight_decay_(settings) {}

  void prepare(const ParameterInfo& parameter, double* constants) const {
    constants[lambda] = weight_decay_.of(parameter);
  }

  void begin_update(const Update& update, double* scalars) const {
    scalars[eta] = update.learning_rate;
    scalars[rho] = decay_;
    scalars[rest] = 1 - decay_;
    scalars[epsilon] = epsilon_;
  }

  void update(const double* scalars, const double* constants, size_t count, float* parameter, const float* gradient,
              float* const* state) const {
    adadelta(scalars, constants, count, parameter, gradient, state[0], state[1]);
  }
  void update(const double* scalars, const double* constants, size_t count, double* parameter, const double* gradient,
              double* const* state) const {
    step(scalars, constants, count, parameter, gradient, state[0], state[1]);
  }

 private:
  double decay_, epsilon_;
  WeightDecay weight_decay_;
};

}  // namespace

ATELIER_OPTIMIZER("adadelta", AdaDelta)
