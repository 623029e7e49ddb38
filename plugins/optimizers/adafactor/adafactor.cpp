// Shazeer & Stern 2018, Adafactor, algorithms 4 and 5, with a given learning rate: the running mean of squared
// gradients of a matrix is kept as those of its rows R and columns C,
//   V = R Cᵀ / (1ᵀ R),  U = G / √V,  θ = θ - η U / max(1, RMS(U) / d),  β₂ of update t: 1 - t^-0.8.
// Convolutions are matrices with a row for each output; of vectors the whole V is kept.
#include <atelier/recorded_optimizer.hpp>
#include <cmath>

namespace {

using namespace atelier;

class Adafactor final : public RecordedOptimizer {
 public:
  static void describe(Description& d) {
    d.summary =
        "Adafactor: adaptive rates that keep a number for each row and column of a matrix, not for each weight.";
    d.reference = "Shazeer & Stern 2018, Adafactor: Adaptive Learning Rates with Sublinear Memory Cost";
    d.number("learning_rate", 0.01, "step size").range(0);
    d.number("decay", 0.8, "the running mean of update t forgets with t to the power of minus this").range(0, 1);
    d.number("clip", 1.0, "largest root mean square of an update").above(0);
    d.number("epsilon", 1e-30, "added to squared gradients").range(0);
  }
  explicit Adafactor(const Settings& settings)
      : decay_(settings.number("decay")), clip_(settings.number("clip")), epsilon_(settings.number("epsilon")) {}

  [[nodiscard]] std::vector<Slot> slots(const ParameterInfo& parameter) const override {
    if (parameter.is_vector()) {
      return {{"v", parameter.dims}};
    }
    int64_t columns = 1;
    for (size_t axis = 1; axis < parameter.dims.size(); ++axis) {
      columns *= parameter.dims[axis];
    }
    return {{"rows", {parameter.dims[0]}}, {"columns", {columns}}};
  }

  void update(GroupUpdate& update) const override {
    const double beta2 = 1 - std::pow(static_cast<double>(update.t), -decay_);
    for (const UpdatedParameter& parameter : update.parameters) {
      const Tensor step = parameter.info.is_vector() ? whole(parameter, beta2) : factored(parameter, beta2);
      const Tensor length = sqrt(mean(square(step)));
      const Tensor clipped = step / maximum(length / clip_, 1.0);
      parameter.parameter.assign(parameter.value - update.learning_rate * clipped);
    }
  }

 private:
  [[nodiscard]] Tensor whole(const UpdatedParameter& parameter, double beta2) const {
    const Tensor g = parameter.gradient;
    const Tensor v = beta2 * parameter.slots[0].use(g) + (1 - beta2) * (square(g) + epsilon_);
    parameter.slots[0].assign(v);
    return g / sqrt(v);
  }

  [[nodiscard]] Tensor factored(const UpdatedParameter& parameter, double beta2) const {
    const int64_t n = parameter.info.dims[0];
    const Tensor g = parameter.gradient.reshape({n, -1});
    const Tensor squares = square(g) + epsilon_;
    const Tensor rows = beta2 * parameter.slots[0].use(g) + (1 - beta2) * mean(squares, {1});
    const Tensor columns = beta2 * parameter.slots[1].use(g) + (1 - beta2) * mean(squares, {0});
    parameter.slots[0].assign(rows);
    parameter.slots[1].assign(columns);
    const Tensor v = (rows / mean(rows)).reshape({n, 1}) * columns.reshape({1, -1});
    return (g / sqrt(v)).reshape(parameter.info.dims);
  }

  double decay_, clip_, epsilon_;
};

}  // namespace

ATELIER_RECORDED_OPTIMIZER("adafactor", Adafactor)
