// Stochastic gradient descent with momentum (Polyak 1964; Nesterov 1983 in the form of Sutskever et al. 2013):
//   g = ∇ + λ θ;  v = μ v + g;  θ = θ - η (v, or g + μ v with Nesterov's).
#include "../common/weight_decay.hpp"

namespace {

using namespace atelier;

enum Scalar { eta, mu, gradient_share, velocity_share };
enum Constant { lambda };

template <typename Real>
__attribute__((always_inline)) inline void step(const double* scalars, const double* constants, size_t count,
                                                Real* parameter, const Real* gradient, Real* velocity) {
  const ScalarsAs<Real> k(scalars), own(constants);
  for (size_t i = 0; i < count; ++i) {
    const Real g = gradient[i] + own[lambda] * parameter[i];
    const Real v = k[mu] * velocity[i] + g;
    velocity[i] = v;
    parameter[i] -= k[eta] * (k[gradient_share] * g + k[velocity_share] * v);
  }
}

ATELIER_VECTORIZED void sgd(const double* scalars, const double* constants, size_t count, float* parameter,
                            const float* gradient, float* velocity) {
  step(scalars, constants, count, parameter, gradient, velocity);
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
    WeightDecay::describe(d, "added to the gradient: this times the weights");
  }

  explicit Sgd(const Settings& settings)
      : momentum_(settings.number("momentum")), weight_decay_(settings), nesterov_(settings.flag("nesterov")) {}

  void prepare(const ParameterInfo& parameter, double* constants) const {
    constants[lambda] = weight_decay_.of(parameter);
  }

  void begin_update(const Update& update, double* scalars) const {
    scalars[eta] = update.learning_rate;
    scalars[mu] = momentum_;
    scalars[gradient_share] = nesterov_ ? 1.0 : 0.0;
    scalars[velocity_share] = nesterov_ ? momentum_ : 1.0;
  }

  void update(const double* scalars, const double* constants, size_t count, float* parameter, const float* gradient,
              float* const* state) const {
    sgd(scalars, constants, count, parameter, gradient, state[0]);
  }
  void update(const double* scalars, const double* constants, size_t count, double* parameter, const double* gradient,
              double* const* state) const {
    step(scalars, constants, count, parameter, gradient, state[0]);
  }

 private:
  double momentum_;
  WeightDecay weight_decay_;
  bool nesterov_;
};

}  // namespace

ATELIER_OPTIMIZER("sgd", Sgd)
