// Top-k accuracy: the share of samples whose class is among the k that the model holds likeliest.
#include <atelier/metric.hpp>

namespace {

using namespace atelier;

class MyPlugin final : public Metric {
 public:
  static void describe(Description& d) {
    d.summary = "Share of the images whose class has one of the k largest logits.";
    d.reference = "Russakovsky et al. 2015, ImageNet Large Scale Visual Recognition Challenge, section 4.1";
    d.integer("k", 2, "how many guesses count").range(1, 1e6);
    d.measure("", Direction::larger, "fraction", "of the images");
  }

  MyPlugin(const Settings& settings, const DataSpec& data, Builder& build) : k_(settings.integer("k")) {
    if (data.classes() < 1) {
      build.fail("needs labelled data: an integer field 'label' with a known number of classes");
    }
    passes = {Pass::over(Pass::Data::evaluated, {Collected::sum("right"), Collected::sum("images")})};
    results = {{"", {}}};  // one number, called after the metric's table in the experiment
  }

  std::vector<Tensor> batch(Measurement& measurement) const override {
    const Tensor logits = measurement.output("logits"), labels = measurement.labels();  // (B, classes), (B)
    const Tensor own = take(logits, labels).reshape({-1, 1});
    const Tensor better = sum(greater(logits, own), {1});  // (B): how many classes are held likelier than the true one
    return {sum(less(better, static_cast<double>(k_))), measurement.scalar(static_cast<double>(logits.dim(0)))};
  }

  ValueLists finish(const CollectedValues& collected) const override {
    return {{collected[0][0][0] / collected[0][1][0]}};  // of the first pass
  }

 private:
  int64_t k_;
};

}  // namespace

ATELIER_METRIC("my-plugin", MyPlugin)
