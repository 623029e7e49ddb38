// A model and an optimizer that find no end, and a metric that is good, but that no model here has the outputs for.
#include <atelier/metric.hpp>
#include <atelier/model.hpp>
#include <atelier/optimizer.hpp>

namespace {

using namespace atelier;

volatile int zero = 0;

void wait_for_ever() {
  while (zero == 0) {
  }
}

class Endless final : public Model {
 public:
  static void describe(Description& d) { d.summary = "Finds no end in its third step."; }
  Endless(const Settings&, const DataSpec& data, Builder& build)
      : mean_(build.group("mean").parameter("image", {data.image().elements()}, Initializer::constant(0))) {}
  void train_step(Step& step) const override {
    const Tensor x = step.images().flatten();
    if (step.step() == 3) {
      wait_for_ever();
    }
    step.minimize("mean", mean(square(x - mean_.use(x))));
  }
  void evaluate(Evaluation&) const override {}

 private:
  Parameter mean_;
};

class EndlessOptimizer final : public Optimizer {
 public:
  static constexpr std::initializer_list<const char*> slots = {};
  static void describe(Description& d) {
    d.summary = "Finds no end in its updates.";
    d.number("learning_rate", 0.01, "step size").range(0);
  }
  explicit EndlessOptimizer(const Settings&) {}
  void begin_update(const Update&, double*) const {}
  template <typename Real>
  void update(const double*, size_t, Real*, const Real*, Real* const*) const {
    wait_for_ever();
  }
};

class OfATaste final : public Metric {
 public:
  static void describe(Description& d) {
    d.summary = "The sum of what the model calls its taste.";
    d.measure("", Direction::neither, "", "the sum");
  }
  OfATaste(const Settings&, const DataSpec&, Builder&) {
    passes = {Pass::over(Pass::Data::evaluated, {Collected::sum("sum")})};
    results = {{"", {}}};
  }
  std::vector<Tensor> batch(Measurement& m) const override { return {sum(m.output("taste"))}; }
  [[nodiscard]] ValueLists finish(const CollectedValues& collected) const override { return {{collected[0][0][0]}}; }
};

}  // namespace

ATELIER_MODEL("endless", Endless)
ATELIER_OPTIMIZER("endless-optimizer", EndlessOptimizer)
ATELIER_METRIC("of-a-taste", OfATaste)
