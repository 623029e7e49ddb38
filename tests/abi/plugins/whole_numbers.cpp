// A model and an optimizer that keep int64 values from step to step, and learn by them: a run that goes on without
// them, or with a float's idea of them, goes another way.
#include <atelier/model.hpp>
#include <atelier/rearranging.hpp>
#include <atelier/recorded_optimizer.hpp>

namespace {

using namespace atelier;

constexpr int64_t beyond_float = (int64_t{1} << 40) + 1;

class WholeNumbers final : public Model {
 public:
  static void describe(Description& d) { d.summary = "Remembers the labels of the last steps, and a large number."; }
  WholeNumbers(const Settings&, const DataSpec& data, Builder& build)
      : image_(data.image()),
        network_(build.group("network"), {image_.elements(), 6, image_.elements()}),
        recent_(build.integer_state("recent", {4}, 0)),
        large_(build.integer_state("large", {2}, beyond_float)) {}

  void train_step(Step& step) const override {
    const Tensor recent = recent_.use(step.context());
    const Tensor loss = mean(square(network_(step.images()) - step.images().flatten() * scale(step)));
    step.minimize("network", loss);
    recent_.assign(concatenate({recent.slice(0, 1, 3), step.labels().slice(0, 0, 1)}, 0));
    large_.assign(roll(large_.use(step.context()), {1}, {0}));
    step.log("loss", loss);
  }
  void evaluate(Evaluation& e) const override {
    e.add_per_sample("loss", squared_error(network_(e.images()), e.images().flatten()));
  }
  // Bright by the labels that are remembered.
  Tensor sample(Sampling& s, int64_t n) const override {
    return s.full({n, image_.dims[0], image_.dims[1], image_.dims[2]}, 0) + scale(s) * 0.125;
  }

 private:
  [[nodiscard]] Tensor scale(const Recording& recording) const {
    const Tensor large = large_.use(recording.context());
    return mean(to_real(recent_.use(large)), {0}) * 0.25 + to_real(large.slice(0, 0, 1)) * 0x1p-40;
  }

  Field image_;
  Mlp network_;
  Parameter recent_, large_;
};

// Gradient descent whose rate for each weight depends on where the largest gradients were before.
class LargestBefore final : public RecordedOptimizer {
 public:
  static void describe(Description& d) {
    d.summary = "Remembers where the largest gradient was.";
    d.number("learning_rate", 0.1, "of each update");
  }
  explicit LargestBefore(const Settings&) {}
  [[nodiscard]] std::vector<Slot> slots(const ParameterInfo&) const override { return {{"largest", {1}, 1, true}}; }
  void update(GroupUpdate& update) const override {
    for (const UpdatedParameter& p : update.parameters) {
      const Tensor rate = update.learning_rate / (1 + to_real(p.slots[0].use(update.context())) * 0.125);
      p.slots[0].assign(argmax(abs(p.gradient).reshape({1, -1})));
      p.parameter.assign(p.value - rate * p.gradient);
    }
  }
};

}  // namespace

ATELIER_MODEL("whole-numbers", WholeNumbers)
ATELIER_RECORDED_OPTIMIZER("largest-before", LargestBefore)
