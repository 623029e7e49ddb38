// A metric that hands out what the model sees and says: the images of the evaluated split with one of the model's
// outputs for each, and generated images.
#include <atelier/metric.hpp>

namespace {

using namespace atelier;

class Outputs final : public Metric {
 public:
  static void describe(Description& d) {
    d.summary = "Images, and what a model makes of them.";
    d.text("output", "", "of the model");
    d.integer("width", 0, "of the output; 0 for none").range(0);
    d.integer("count", 1, "of the evaluated images").range(1);
    d.integer("generated", 0, "images to generate").range(0);
  }

  Outputs(const Settings& settings, const DataSpec& data, Builder&)
      : output_(settings.text("output")), width_(settings.integer("width")) {
    const int64_t pixels = data.image().elements(), count = settings.integer("count");
    const int64_t generated = settings.integer("generated");
    passes = {Pass::over(Pass::Data::evaluated, {Collected::each("images", {pixels})})};
    results = {{"images", {count, pixels}}};
    if (width_ > 0) {
      passes[0].collected.push_back(Collected::each("outputs", {width_}));
      results.push_back({"outputs", {count, width_}});
    }
    if (generated > 0) {
      passes.push_back(Pass::generated(generated, {Collected::each("generated", {pixels})}));
      results.push_back({"generated", {generated, pixels}});
    }
  }

  std::vector<Tensor> batch(Measurement& measurement) const override {
    if (measurement.pass() == 1) {
      return {measurement.generated().flatten()};
    }
    std::vector<Tensor> out{measurement.images().flatten()};
    if (width_ > 0) {
      out.push_back(measurement.output(output_));
    }
    return out;
  }

  ValueLists finish(const CollectedValues& collected) const override {
    ValueLists out;
    for (const ValueLists& pass : collected) {
      out.insert(out.end(), pass.begin(), pass.end());
    }
    return out;
  }

 private:
  std::string output_;
  int64_t width_;
};

}  // namespace

ATELIER_METRIC("outputs", Outputs)
