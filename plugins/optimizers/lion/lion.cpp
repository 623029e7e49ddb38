// Chen et al. 2023, algorithm 2:  c = β1 m + (1 - β1) g;  θ = θ - η (sign(c) + λ θ);  m = β2 m + (1 - β2) g.
#include "../common/weight_decay.hpp"

namespace {

using namespace atelier;

enum Scalar { eta, beta1, rest1, beta2, rest2 };
enum Constant { lambda };

template <typename Real>
__attribute__((always_inline)) inline void step(const double* scalars, const double* constants, size_t count,
                                                Real* parameter, const Real* gradient, Real* m) {
  const ScalarsAs<Real> k(scalars);
  const Real kept = static_cast<Real>(1 - scalars[eta] * constants[lambda]);
  for (size_t i = 0; i < count; ++i) {
    const Real g = gradient[i];
    const Real c = k[beta1] * m[i] + k[rest1] * g;
    const Real sign = (c > Real{0} ? Real{1} : Real{0}) - (c < Real{0} ? Real{1} : Real{0});
    m[i] = k[beta2] * m[i] + k[rest2] * g;
    parameter[i] = kept * parameter[i] - k[eta] * sign;
  }
}

ATELIER_VECTORIZED void lion(const double* scalars, const double* constants, size_t count, float* parameter,
                             const float* gradient, float* m) {
  step(scalars, constants, count, parameter, gradient, m);
}

class Lion final : public Optimizer {
 public:
  static constexpr std::initializer_list<const char*> slots = {"m"};

  static void describe(Description& d) {
    d.summary = "Lion: steps of one size along the sign of an interpolated momentum.";
    d.reference = "Chen et al. 2023, algorithm 2";
    d.number("learning_rate", 1e-4, "step size: 3 to 10 times smaller than Adam's, says the paper").range(0);
    d.number("beta1", 0.9, "share of the momentum in the step").range(0).below(1);
    d.number("beta2", 0.99, "decay of the momentum").range(0).below(1);
    WeightDecay::describe(d, "decoupled: the weights shrink by this times the learning rate");
  }

  explicit Lion(const Settings& settings)
      : beta1_(settings.number("beta1")), beta2_(settings.number("beta2")), weight_decay_(settings) {}

  void prepare(const ParameterInfo& parameter, double* constants) const {
    constants[lambda] = weight_decay_.of(parameter);
  }

  void begin_update(const Update& update, double* scalars) const {
    scalars[eta] = update.learning_rate;
    scalars[beta1] = beta1_;
    scalars[rest1] = 1 - beta1_;
    scalars[beta2] = beta2_;
    scalars[rest2] = 1 - beta2_;
  }

  void update(const double* scalars, const double* constants, size_t count, float* parameter, const float* gradient,
              float* const* state) const {
    lion(scalars, constants, count, parameter, gradient, state[0]);
  }
  void update(const double* scalars, const double* constants, size_t count, double* parameter, const double* gradient,
              double* const* state) const {
    step(scalars, constants, count, parameter, gradient, state[0]);
  }

 private:
  double beta1_, beta2_;
  WeightDecay weight_decay_;
};

}  // namespace

ATELIER_OPTIMIZER("lion", Lion)
