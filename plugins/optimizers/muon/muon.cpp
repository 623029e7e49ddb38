// Jordan et al. 2024, Muon: momentum, orthogonalized. Of a weight matrix W (convolutions as matrices, a row for each
// output) with M = μ M + G, the step is the nearest semi-orthogonal matrix to G + μ M, by five Newton-Schulz steps
//   X = a X + (b A + c A²) X,  A = X Xᵀ,  from X = M / |M|,
// times η √max(1, rows / columns). Biases and other vectors are left to Adam, as in the authors' own runs.
#include <algorithm>
#include <atelier/recorded_optimizer.hpp>
#include <cmath>

namespace {

using namespace atelier;

class Muon final : public RecordedOptimizer {
 public:
  static void describe(Description& d) {
    d.summary = "Muon: momentum made orthogonal, for the weights that are matrices; Adam for biases.";
    d.reference = "Jordan et al. 2024, Muon: An optimizer for hidden layers in neural networks";
    d.number("learning_rate", 0.02, "step size of matrices").range(0);
    d.number("vector_rate", 0.05, "step size of vectors, as a share of the learning rate").range(0);
    d.number("momentum", 0.95, "share of the last update that is kept").range(0).below(1);
    d.number("weight_decay", 0.0, "strength of the decoupled weight decay of matrices").range(0);
    d.integer("steps", 5, "Newton-Schulz steps").range(1, 20);
  }
  explicit Muon(const Settings& settings)
      : vector_rate_(settings.number("vector_rate")),
        momentum_(settings.number("momentum")),
        weight_decay_(settings.number("weight_decay")),
        steps_(settings.integer("steps")) {}

  [[nodiscard]] std::vector<Slot> slots(const ParameterInfo& parameter) const override {
    std::vector<Slot> out{{"momentum", parameter.dims}};
    if (parameter.is_vector()) {
      out.push_back({"v", parameter.dims});
    }
    return out;
  }

  void update(GroupUpdate& update) const override {
    for (const UpdatedParameter& parameter : update.parameters) {
      if (parameter.info.is_vector()) {
        adam(update, parameter);
      } else {
        muon(update, parameter);
      }
    }
  }

 private:
  void muon(const GroupUpdate& update, const UpdatedParameter& parameter) const {
    const Tensor g = parameter.gradient;
    const Tensor kept = momentum_ * parameter.slots[0].use(g) + g;
    parameter.slots[0].assign(kept);
    const int64_t rows = parameter.info.dims[0];
    const Tensor step = orthogonalized((g + momentum_ * kept).reshape({rows, -1})).reshape(parameter.info.dims);
    const double columns = static_cast<double>(g.elements()) / static_cast<double>(rows);
    const double rate = update.learning_rate * std::sqrt(std::max(1.0, static_cast<double>(rows) / columns));
    parameter.parameter.assign(parameter.value * (1 - update.learning_rate * weight_decay_) - rate * step);
  }

  [[nodiscard]] Tensor orthogonalized(Tensor matrix) const {
    constexpr double a = 3.4445, b = -4.7750, c = 2.0315;
    const bool tall = matrix.dim(0) > matrix.dim(1);
    Tensor x = tall ? matrix.permute({1, 0}) : matrix;
    x = x / (norm(x) + 1e-7);
    for (int64_t i = 0; i < steps_; ++i) {
      const Tensor square = matmul(x, x.permute({1, 0}));
      x = a * x + matmul(b * square + c * matmul(square, square), x);
    }
    return tall ? x.permute({1, 0}) : x;
  }

  // Kingma & Ba 2015, with 0.9 and 0.95.
  void adam(const GroupUpdate& update, const UpdatedParameter& parameter) const {
    constexpr double beta1 = 0.9, beta2 = 0.95, epsilon = 1e-8;
    const auto t = static_cast<double>(update.t);
    const Tensor g = parameter.gradient;
    const Tensor m = beta1 * parameter.slots[0].use(g) + (1 - beta1) * g;
    const Tensor v = beta2 * parameter.slots[1].use(g) + (1 - beta2) * square(g);
    parameter.slots[0].assign(m);
    parameter.slots[1].assign(v);
    const Tensor step = m / (1 - std::pow(beta1, t)) / (sqrt(v / (1 - std::pow(beta2, t))) + epsilon);
    parameter.parameter.assign(parameter.value - update.learning_rate * vector_rate_ * step);
  }

  double vector_rate_, momentum_, weight_decay_;
  int64_t steps_;
};

}  // namespace

ATELIER_RECORDED_OPTIMIZER("muon", Muon)
