// Duchi, Hazan & Singer 2011, the diagonal update of figure 1:  s = s + g²;  θ = θ - η g / (√(s₀ + s) + ε),
// with g = ∇ + λ θ. Slots begin at zero, so what the sum starts from, s₀, is added where it is used.
#include <cmath>

#include "../common/weight_decay.hpp"

namespace {

using namespace atelier;

enum Scalar { eta, initial, epsilon };
enum Constant { lambda };

template <typename Real>
__attribute__((always_inline)) inline void step(const double* scalars, const double* constants, size_t count,
                                                Real* parameter, const Real* gradient, Real* sum) {
  const ScalarsAs<Real> k(scalars), own(constants);
  for (size_t i = 0; i < count; ++i) {
    const Real g = gradient[i] + own[lambda] * parameter[i];
    const Real s = sum[i] + g * g;
    sum[i] = s;
    parameter[i] -= k[eta] * g / (std::sqrt(k[initial] + s) + k[epsilon]);
  }
}

ATELIER_VECTORIZED void adagrad(const double* scalars, const double* constants, size_t count, float* parameter,
                                const float* gradient, float* sum) {
  step(scalars, constants, count, parameter, gradient, sum);
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
    WeightDecay::describe(d, "added to the gradient: this times the weights");
  }

  explicit AdaGrad(const Settings& settings)
      : initial_(settings.number("initial_accumulator")),
        epsilon_(settings.number("epsilon")),
        weight_decay_(settings) {}

  void prepare(const ParameterInfo& parameter, double* constants) const {
    constants[lambda] = weight_decay_.of(parameter);
  }

  void begin_update(const Update& update, double* scalars) const {
    scalars[eta] = update.learning_rate;
    scalars[initial] = initial_;
    scalars[epsilon] = epsilon_;
  }

  void update(const double* scalars, const double* constants, size_t count, float* parameter, const float* gradient,
              float* const* state) const {
    adagrad(scalars, constants, count, parameter, gradient, state[0]);
  }
  void update(const double* scalars, const double* constants, size_t count, double* parameter, const double* gradient,
              double* const* state) const {
    step(scalars, constants, count, parameter, gradient, state[0]);
  }

 private:
  double initial_, epsilon_;
  WeightDecay weight_decay_;
};

}  // namespace

ATELIER_OPTIMIZER("adagrad", AdaGrad)
