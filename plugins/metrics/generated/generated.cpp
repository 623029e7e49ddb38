// What a model generates, as a trained classifier sees it.
#include <algorithm>
#include <atelier/metric.hpp>
#include <cmath>

namespace {

using namespace atelier;

// As the number of modes and the divergence from the data's distribution in Metz et al. 2017, section 3.3.1, where the
// data has equally many samples of each class.
class ClassHistogram final : public Metric {
 public:
  static void describe(Description& d) {
    d.summary =
        "Classes of generated images, by another run's classifier: how many there are, the share of each, and the "
        "divergence KL(shares || uniform) in nats.";
    d.reference = "Metz et al. 2017, Unrolled Generative Adversarial Networks, section 3.3.1";
    d.text("from", "",
           "the classifier: another run's model, by its experiment's name or a log's path, or weights: "
           "FILE.safetensors, extractor:NAME")
        .required();
    d.text("feature", "logits", "the classifier's feature that has a value for each class");
    d.integer("images", 10000, "how many images are generated").range(1, 1e7);
    d.number("least_share", 0.0, "a class counts as covered where its share is above this").range(0, 1);
    d.measure("modes", Direction::larger, "classes", "that are generated");
    d.measure("divergence", Direction::smaller, "nats", "KL(shares || uniform)");
    d.measure("smallest_share", Direction::larger, "fraction", "of the class that is generated least");
    d.measure("largest_share", Direction::smaller, "fraction", "of the class that is generated most");
  }
  ClassHistogram(const Settings& settings, const DataSpec& data, Builder& build)
      : classifier_(build.features(settings.text("from"))),
        feature_(settings.text("feature")),
        least_share_(settings.number("least_share")),
        classes_(data.classes()) {
    if (classes_ < 1) {
      build.fail("needs labelled data: an integer field 'label' with a known number of classes");
    }
    passes = {Pass::generated(settings.integer("images"), {Collected::sum("counts", {classes_})})};
    results = {
        {"modes", {}}, {"divergence", {}}, {"smallest_share", {}}, {"largest_share", {}}, {"shares", {classes_}}};
  }

  std::vector<Tensor> batch(Measurement& measurement) const override {
    const Tensor logits = classifier_(measurement.generated(), feature_).flatten();  // (B, classes)
    if (logits.dim(1) != classes_) {
      measurement.fail("feature: '" + feature_ + "' has " + std::to_string(logits.dim(1)) +
                       " values for an image, expected " + std::to_string(classes_) + ", one for each class");
      return {};
    }
    return {sum(one_hot(argmax(logits), classes_), {0})};
  }

  ValueLists finish(const CollectedValues& collected) const override {
    std::vector<double> shares = collected[0][0];
    double modes = 0, divergence = 0;
    for (double& share : shares) {
      share /= static_cast<double>(passes[0].samples);
      modes += share > least_share_ ? 1 : 0;
      divergence += share > 0 ? share * std::log(share * static_cast<double>(classes_)) : 0;
    }
    const auto [smallest, largest] = std::minmax_element(shares.begin(), shares.end());
    return {{modes}, {divergence}, {*smallest}, {*largest}, shares};
  }

 private:
  Features classifier_;
  std::string feature_;
  double least_share_;
  int64_t classes_;
};

}  // namespace

ATELIER_METRIC("class-histogram", ClassHistogram)
