// Tieleman & Hinton 2012, lecture 6.5:  s = ρ s + (1 - ρ) g²;  v = μ v + g / (√s + ε);  θ = θ - η v,  with g = ∇ + λ θ.
#include <cmath>

#include "../common/weight_decay.hpp"

namespace {

using namespace atelier;

enum Scalar { eta, rho, rest, mu, epsilon };
enum Constant { lambda };

template <typename Real>
__attribute__((always_inline)) inline void step(const double* scalars, const double* constants, size_t count,
                                                Real* parameter, const Real* gradient, Real* mean_square,
                                                Real* velocity) {
  const ScalarsAs<Real> k(scalars), own(constants);
  for (size_t i = 0; i < count; ++i) {
    const Real g = gradient[i] + own[lambda] * parameter[i];
    const Real s = k[rho] * mean_square[i] + k[rest] * (g * g);
    const Real v = k[mu] * velocity[i] + g / (std::sqrt(s) + k[epsilon]);
    mean_square[i] = s;
    velocity[i] = v;
    parameter[i] -= k[eta] * v;
  }
}

ATELIER_VECTORIZED void rmsprop(const double* scalars, const double* constants, size_t count, float* parameter,
                                const float* gradient, float* mean_square, float* velocity) {
  step(scalars, constants, count, parameter, gradient, mean_square, velocity);
}

class RmsProp final : public Optimizer {
 public:
  static constexpr std::initializer_list<const char*> slots = {"mean_square", "velocity"};

  static void describe(Description& d) {
    d.summary = "RMSProp: gradients divided by a running average of their magnitude.";
    d.reference = "Tieleman & Hinton 2012, lecture 6.5";
    d.number("learning_rate", 0.001, "step size").range(0);
    d.number("decay", 0.99, "of the running average").range(0).below(1);
    d.number("momentum", 0.0, "share of the last update that is kept").range(0, 1);
    d.number("epsilon", 1e-8, "added to the denominator").range(0);
    WeightDecay::describe(d, "added to the gradient: this times the weights");
  }

  explicit RmsProp(const Settings& settings)
      : decay_(settings.number("decay")),
        momentum_(settings.number("momentum")),
        epsilon_(settings.number("epsilon")),
        weight_decay_(settings) {}

  void prepare(const ParameterInfo& parameter, double* constants) const {
    constants[lambda] = weight_decay_.of(parameter);
  }

  void begin_update(const Update& update, double* scalars) const {
    scalars[eta] = update.learning_rate;
    scalars[rho] = decay_;
    scalars[rest] = 1 - decay_;
    scalars[mu] = momentum_;
    scalars[epsilon] = epsilon_;
  }

  void update(const double* scalars, const double* constants, size_t count, float* parameter, const float* gradient,
              float* const* state) const {
    rmsprop(scalars, constants, count, parameter, gradient, state[0], state[1]);
  }
  void update(const double* scalars, const double* constants, size_t count, double* parameter, const double* gradient,
              double* const* state) const {
    step(scalars, constants, count, parameter, gradient, state[0], state[1]);
  }

 private:
  double decay_, momentum_, epsilon_;
  WeightDecay weight_decay_;
};

}  // namespace

ATELIER_OPTIMIZER("rmsprop", RmsProp)
