// Kingma & Ba 2015, algorithm 1:
//   m = β1 m + (1 - β1) g;  v = β2 v + (1 - β2) g²;  θ = θ - η / (1 - β1^t) · m / (√(v / (1 - β2^t)) + ε).
// Weight decay λ is coupled (g = ∇ + λ θ) or decoupled (Loshchilov & Hutter 2019: θ = θ - η λ θ first).
#include <cmath>

#include "../common/weight_decay.hpp"

namespace {

using namespace atelier;

enum Scalar { eta, beta1, rest1, beta2, rest2, root, epsilon, rate };
enum Constant { coupled, decoupled };  // λ as the one or the other, and 0

template <typename Real>
__attribute__((always_inline)) inline void step(const double* scalars, const double* constants, size_t count,
                                                Real* parameter, const Real* gradient, Real* m, Real* v) {
  const ScalarsAs<Real> k(scalars), own(constants);
  const Real kept = static_cast<Real>(1 - scalars[rate] * constants[decoupled]);
  for (size_t i = 0; i < count; ++i) {
    const Real g = gradient[i] + own[coupled] * parameter[i];
    const Real first = k[beta1] * m[i] + k[rest1] * g;
    const Real second = k[beta2] * v[i] + k[rest2] * (g * g);
    m[i] = first;
    v[i] = second;
    parameter[i] = kept * parameter[i] - k[eta] * first / (std::sqrt(second) * k[root] + k[epsilon]);
  }
}

ATELIER_VECTORIZED void adam(const double* scalars, const double* constants, size_t count, float* parameter,
                             const float* gradient, float* m, float* v) {
  step(scalars, constants, count, parameter, gradient, m, v);
}

class Adam final : public Optimizer {
 public:
  static constexpr std::initializer_list<const char*> slots = {"m", "v"};

  static void describe(Description& d) {
    d.summary = "Adam; with decoupled weight decay it is AdamW.";
    d.reference = "Kingma & Ba 2015; decoupled weight decay: Loshchilov & Hutter 2019";
    d.number("learning_rate", 0.001, "step size").range(0);
    d.number("beta1", 0.9, "decay of the running mean of gradients").range(0).below(1);
    d.number("beta2", 0.999, "decay of the running mean of squared gradients").range(0).below(1);
    d.number("epsilon", 1e-8, "added to the denominator").range(0);
    WeightDecay::describe(d, "strength of the weight decay");
    d.flag("decoupled", true, "shrink the weights directly instead of adding to the gradient");
  }

  explicit Adam(const Settings& settings)
      : beta1_(settings.number("beta1")),
        beta2_(settings.number("beta2")),
        epsilon_(settings.number("epsilon")),
        weight_decay_(settings),
        decoupled_(settings.flag("decoupled")) {}

  void prepare(const ParameterInfo& parameter, double* constants) const {
    constants[decoupled_ ? decoupled : coupled] = weight_decay_.of(parameter);
  }

  void begin_update(const Update& update, double* scalars) const {
    const auto t = static_cast<double>(update.t);
    scalars[eta] = update.learning_rate / (1 - std::pow(beta1_, t));
    scalars[beta1] = beta1_;
    scalars[rest1] = 1 - beta1_;
    scalars[beta2] = beta2_;
    scalars[rest2] = 1 - beta2_;
    scalars[root] = 1 / std::sqrt(1 - std::pow(beta2_, t));
    scalars[epsilon] = epsilon_;
    scalars[rate] = update.learning_rate;
  }

  void update(const double* scalars, const double* constants, size_t count, float* parameter, const float* gradient,
              float* const* state) const {
    adam(scalars, constants, count, parameter, gradient, state[0], state[1]);
  }
  void update(const double* scalars, const double* constants, size_t count, double* parameter, const double* gradient,
              double* const* state) const {
    step(scalars, constants, count, parameter, gradient, state[0], state[1]);
  }

 private:
  double beta1_, beta2_, epsilon_;
  WeightDecay weight_decay_;
  bool decoupled_;
};

}  // namespace

ATELIER_OPTIMIZER("adam", Adam)
