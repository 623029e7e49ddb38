// What a model generates, as a trained classifier sees it.
#include <algorithm>
#include <atelier/metric.hpp>
#include <cmath>
#include <numeric>

#include "../common/another_model.hpp"

namespace {

using namespace atelier;

// As the number of modes and the divergence from the data's distribution in Metz et al. 2017, section 3.3.1, where the
// data has equally many samples of each class.
class ClassHistogram final : public Metric {
 public:
  static void describe(Description& d) {
    d.summary =
        "Classes of generated images, by another run's classifier: how many there are, the share of each, and the "
        "divergence KL(shares || uniform) in nats; 'real' is the same of as many images of the evaluated split, or of "
        "all that it has.";
    d.reference =
        "Metz et al. 2017, Unrolled Generative Adversarial Networks, section 3.3.1; Lin, Khetan, Fanti and Oh 2018, "
        "PacGAN: The power of two samples in generative adversarial networks, section 4.2";
    d.text("from", "", "the classifier: " ANOTHER_MODEL).required();
    d.text("feature", "logits", "the classifier's feature that has a value for each class");
    d.flag("each_channel", false,
           "the classifier is shown each channel as a grey image, and an image's class is the classes of its channels, "
           "the first one's the most significant: the 1,000 modes of stacked-mnist");
    d.integer("images", 10000, "how many images are generated").range(1, 1e7);
    d.number("least_share", 0.0, "a class counts as covered where its share is above this").range(0, 1);
    d.measure("modes", Direction::larger, "classes", "that are generated");
    d.measure("divergence", Direction::smaller, "nats", "KL(shares || uniform)");
    d.measure("real_modes", Direction::neither, "classes", "that the classifier finds in the evaluated split");
    d.measure("real_divergence", Direction::neither, "nats", "KL(shares of the evaluated split || uniform)");
    d.measure("smallest_share", Direction::larger, "fraction", "of the class that is generated least");
    d.measure("largest_share", Direction::smaller, "fraction", "of the class that is generated most");
  }
  ClassHistogram(const Settings& settings, const DataSpec& data, Builder& build)
      : classifier_(build.features(settings.text("from"))),
        feature_(settings.text("feature")),
        least_share_(settings.number("least_share")),
        classes_(data.classes()),
        seen_(settings.flag("each_channel") ? data.channels() : 1) {
    if (classes_ < 1) {
      build.fail("needs labelled data: an integer field 'label' with a known number of classes");
    }
    if (settings.flag("each_channel") && !expect_composed(data.channels(), build)) {
      return;
    }
    const int64_t images = settings.integer("images");
    const std::vector<Collected> counts{Collected::sum("counts", {classes_})};
    passes = {Pass::generated(images, counts), Pass::over(Pass::Data::evaluated, counts, images)};
    results = {{"modes", {}},          {"divergence", {}}, {"smallest_share", {}},  {"largest_share", {}},
               {"shares", {classes_}}, {"real_modes", {}}, {"real_divergence", {}}, {"real_shares", {classes_}}};
  }

  std::vector<Tensor> batch(Measurement& measurement) const override {
    Tensor images = measurement.pass() == 0 ? measurement.generated() : measurement.images();  // (B, C, H, W)
    if (seen_ > 1) {
      images = images.reshape({-1, 1, images.dim(2), images.dim(3)});
    }
    const Tensor logits = classifier_(images, feature_).flatten();  // (B seen, classes of each)
    if (logits.dim(1) != of_each_) {
      measurement.fail("feature: '" + feature_ + "' has " + std::to_string(logits.dim(1)) + " values for " +
                       (seen_ > 1 ? "a channel" : "an image") + ", expected " + std::to_string(of_each_) +
                       ", one for each class");
      return {};
    }
    const Tensor found = argmax(logits).reshape({-1, seen_});
    Tensor label = found.slice(1, 0, 1);
    for (int64_t i = 1; i < seen_; ++i) {
      label = label * of_each_ + found.slice(1, i, 1);
    }
    return {sum(one_hot(label.reshape({-1}), classes_), {0})};
  }

  ValueLists finish(const CollectedValues& collected) const override {
    const Histogram generated = of_counts(collected[0][0]), real = of_counts(collected[1][0]);
    const auto [smallest, largest] = std::minmax_element(generated.shares.begin(), generated.shares.end());
    return {{generated.modes}, {generated.divergence}, {*smallest},       {*largest},
            generated.shares,  {real.modes},           {real.divergence}, real.shares};
  }

 private:
  struct Histogram {
    std::vector<double> shares;
    double modes = 0, divergence = 0;
  };
  [[nodiscard]] Histogram of_counts(const std::vector<double>& counts) const {
    Histogram out{.shares = counts};
    const double total = std::accumulate(counts.begin(), counts.end(), 0.0);
    for (double& share : out.shares) {
      share /= total;
      out.modes += share > least_share_ ? 1 : 0;
      out.divergence += share > 0 ? share * std::log(share * static_cast<double>(classes_)) : 0;
    }
    return out;
  }

  // How many classes a channel has where the data's are all combinations of them.
  bool expect_composed(int64_t channels, const Builder& build) {
    const auto root = std::llround(std::pow(static_cast<double>(classes_), 1 / static_cast<double>(channels)));
    int64_t combinations = 1;
    for (int64_t i = 0; i < channels; ++i) {
      combinations *= root;
    }
    if (channels < 1 || combinations != classes_) {
      build.fail("each_channel: the data has " + std::to_string(classes_) + " classes and images of " +
                 std::to_string(channels) +
                 " channels, expected a class for each combination of the channels' classes; "
                 "hint: [dataset] use = \"stacked-mnist\"");
      return false;
    }
    of_each_ = root;
    return true;
  }

  Features classifier_;
  std::string feature_;
  double least_share_;
  int64_t classes_;
  int64_t seen_;                // by the classifier, of each image: the image, or its channels
  int64_t of_each_ = classes_;  // classes that the classifier tells
};

}  // namespace

ATELIER_METRIC("class-histogram", ClassHistogram)
