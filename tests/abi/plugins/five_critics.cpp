// A critic that is updated five times in each step, as in Arjovsky et al. 2017, each time on a batch of its own.
#include <atelier/model.hpp>

namespace {

using namespace atelier;

class FiveCritics final : public Model {
 public:
  static void describe(Description& d) { d.summary = "Five updates of one group, then one of another."; }
  FiveCritics(const Settings&, const DataSpec& data, Builder& build)
      : critic_(build.group("critic"), data.image().elements(), 1),
        generator_(build.group("generator"), data.image().elements(), 1) {}

  void train_step(Step& step) const override {
    Tensor loss = step.scalar(0);
    for (int i = 0; i < 5; ++i) {
      if (i > 0) {
        step.next_batch();
      }
      loss = mean(square(critic_(step.images().flatten()) - 1.0));
      step.minimize("critic", loss);
    }
    step.minimize("generator", mean(square(generator_(step.images().flatten()) + 1.0)));
    step.log("loss", loss);
  }
  void evaluate(Evaluation& e) const override {
    e.add_per_sample("loss", square(critic_(e.images().flatten()) - 1.0).reshape({-1}));
  }
  Tensor sample(Sampling& s, int64_t n) const override { return s.full({n, 1, 4, 4}, 0.5); }

 private:
  Linear critic_, generator_;
};

}  // namespace

ATELIER_MODEL("five-critics", FiveCritics)
