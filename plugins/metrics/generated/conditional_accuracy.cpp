// Whether a conditional model makes what it is asked for.
#include <atelier/metric.hpp>

#include "../common/per_sample.hpp"

namespace {

using namespace atelier;

class ConditionalAccuracy final : public Metric {
 public:
  static void describe(Description& d) {
    d.summary =
        "Accuracy of another run's classifier on images that a conditional model makes for the labels of the evaluated "
        "split, against these labels; 'real' is the same of the split's own images.";
    d.reference = "Shmelkov, Schmid and Alahari 2018, How good is my GAN?, section 3 (GAN-test)";
    d.text("from", "",
           "the classifier: another run's model, by its experiment's name or a log's path, or weights: "
           "FILE.safetensors, extractor:NAME")
        .required();
    d.text("feature", "logits", "the classifier's feature that has a value for each class");
    d.integer("samples", 10000, "how many images are made; fewer where the evaluated split has fewer").range(1, 1e7);
    d.measure("", Direction::larger, "fraction", "of the generated images");
    d.measure("real", Direction::neither, "fraction", "of the evaluated split's images");
    d.measure("samples", Direction::neither, "images", "generated, and as many of the split");
    PerSample::describe(d);
  }
  ConditionalAccuracy(const Settings& settings, const DataSpec& data, Builder& build)
      : classifier_(build.features(settings.text("from"))),
        feature_(settings.text("feature")),
        classes_(data.classes()),
        per_sample_(settings, data, build) {
    if (classes_ < 1) {
      build.fail("needs labelled data: an integer field 'label' with a known number of classes");
    }
    passes = {Pass::over(Pass::Data::evaluated, {Collected::each("generated"), Collected::each("real")},
                         settings.integer("samples"))};
    results = {{"", {}}, {"real", {}}, {"samples", {}}};
    per_sample_.add_to(results);
  }

  std::vector<Tensor> batch(Measurement& measurement) const override {
    const Tensor labels = measurement.labels();
    return {right(measurement, measurement.output("conditional_samples"), labels),
            right(measurement, measurement.images(), labels)};
  }

  ValueLists finish(const CollectedValues& collected) const override {
    const std::vector<double>& generated = collected[0][0];
    ValueLists values{
        {PerSample::mean(generated)}, {PerSample::mean(collected[0][1])}, {static_cast<double>(generated.size())}};
    per_sample_.add_to(values, generated);
    return values;
  }

 private:
  // (B): 1 where the label has the largest logit
  [[nodiscard]] Tensor right(const Measurement& measurement, Tensor images, Tensor labels) const {
    const Tensor logits = classifier_(images, feature_).flatten();  // (B, classes)
    if (logits.dim(1) != classes_) {
      measurement.fail("feature: '" + feature_ + "' has " + std::to_string(logits.dim(1)) +
                       " values for an image, expected " + std::to_string(classes_) + ", one for each class");
      return {};
    }
    return sum(one_hot(argmax(logits), classes_) * one_hot(labels, classes_), {1});
  }

  Features classifier_;
  std::string feature_;
  int64_t classes_;
  PerSample per_sample_;
};

}  // namespace

ATELIER_METRIC("conditional-accuracy", ConditionalAccuracy)
