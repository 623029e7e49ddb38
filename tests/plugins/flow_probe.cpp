// A flow's own word on the determinant of its Jacobian beside that of central differences, and what its inverse leaves.
#include <atelier/linear_algebra.hpp>
#include <atelier/model.hpp>

#include "realnvp/flow.hpp"

namespace {

using namespace atelier;

class FlowProbe final : public Model {
 public:
  static void describe(Description& d) {
    d.summary = "A flow, looked at.";
    d.integers("features", {}, "of the couplings' networks at each scale").range(1, 64);
  }
  FlowProbe(const Settings& settings, const DataSpec& data, Builder& build)
      : image_(data.image()), flow_(build.group("flow"), image_.dims, settings.integers("features"), 2, 1) {}

  void train_step(Step& step) const override { step.minimize("flow", sum(square(flow_.forward(step.images()).y))); }
  void evaluate(Evaluation& e) const override { e.add("loss", e.scalar(0), 1); }

  // One image, whose first three values are: log |det|, the same of central differences, the largest |x - f^-1(f(x))|.
  Tensor sample(Sampling& sampling, int64_t) const override {
    const int64_t count = image_.elements();
    const auto as_images = [&](Tensor rows) {
      return rows.reshape({-1, image_.dims[0], image_.dims[1], image_.dims[2]});
    };
    std::vector<int64_t> each;
    for (int64_t i = 0; i < count; ++i) {
      each.push_back(i);
    }
    const double h = 1e-5;
    const Tensor x = sampling.normal({1, count}), moved = one_hot(sampling.constant({count}, each), count) * h;
    const realnvp::Mapped at = flow_.forward(as_images(x));
    const Tensor difference = flow_.forward(as_images(x + moved)).y - flow_.forward(as_images(x - moved)).y;
    const Tensor numeric = log_determinant(difference / (2 * h)).logarithm;
    const Tensor left = max(abs(x - flow_.inverse(at.y).flatten()));
    const Tensor found =
        concatenate({at.log_determinant.reshape({1, 1}), numeric.reshape({1, 1}), left.reshape({1, 1})}, 1);
    return as_images(concatenate({found, sampling.full({1, count - 3}, 0)}, 1));
  }

 private:
  Field image_;
  realnvp::Flow flow_;
};

}  // namespace

ATELIER_MODEL("flow-probe", FlowProbe)
