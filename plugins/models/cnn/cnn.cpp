// LeCun et al. 1998, Gradient-Based Learning Applied to Document Recognition: convolutions with pooling between them,
// then fully connected layers; rectified and pooled by maxima as in Krizhevsky et al. 2012.
#include <atelier/model.hpp>

namespace {

using namespace atelier;

class Cnn final : public Model {
 public:
  static void describe(Description& d) {
    d.summary = "Convolutional classifier of images; its hidden layer serves as a feature.";
    d.reference =
        "LeCun et al. 1998, Gradient-Based Learning Applied to Document Recognition; Krizhevsky et al. 2012, ImageNet "
        "Classification with Deep Convolutional Neural Networks";
    d.integers("filters", {32, 64, 64}, "channels after each convolution; 2x2 maximum pooling between them")
        .range(1, 65536);
    d.integer("kernel", 3, "height and width of the filters; odd, the borders are padded").range(1, 15);
    d.integers("hidden", {64}, "widths of the fully connected layers before the output").range(1, 65536);
    d.activation("activation", "relu", "of all layers but the last");
    d.initialization("he_uniform");
    d.flag("batch_norm", false, "normalize by batch before the activations");
    d.number("dropout", 0.0, "rate at which units of the fully connected layers are dropped").range(0, 0.95);
    d.loss("classification", "classification", "cross-entropy", "how far the logits are from the label");
  }

  Cnn(const Settings& settings, const DataSpec& data, Builder& build)
      : image_{data.channels(), data.height(), data.width()},
        gray_((data.image().low + data.image().high) / 2),
        activation_(settings.text("activation")),
        classification_(build.loss("classification")) {
    const std::vector<int64_t> filters = settings.integers("filters");
    const int64_t kernel = settings.integer("kernel");
    if (!fits(filters, kernel, data, build)) {
      return;
    }
    const Initializer initializer = Initializer::named(settings.text("initialization"));
    const Builder group = build.group("classifier");
    for (size_t i = 0; i < filters.size(); ++i) {
      const Builder layer = group.scope("convolution." + std::to_string(i));
      convolutions_.emplace_back(layer, i == 0 ? image_[0] : filters[i - 1], filters[i], kernel,
                                 Convolution{.padding = kernel / 2}, initializer);
      if (settings.flag("batch_norm")) {
        norms_.emplace_back(layer.scope("norm"), filters[i]);
      }
    }
    const size_t poolings = filters.size() - 1;
    std::vector<int64_t> widths = settings.integers("hidden");
    widths.insert(widths.begin(), filters.back() * (image_[1] >> poolings) * (image_[2] >> poolings));
    widths.push_back(data.classes());
    dense_ = Mlp(group.scope("dense"), widths,
                 {activation_, "none", initializer, settings.flag("batch_norm"), settings.number("dropout")});
  }

  void train_step(Step& step) override {
    const Tensor loss = classification_(logits(step.images()), step.labels());
    step.minimize("classifier", loss);
    step.log("loss", loss);
  }

  void evaluate(Evaluation& evaluation) override {
    const Tensor output = logits(evaluation.images());
    const Tensor labels = evaluation.labels();
    evaluation.add_per_sample("loss", classification_.per_sample(output, labels));
    evaluation.add_per_sample("accuracy", equal(to_real(argmax(output)), to_real(labels)));
  }

  // A classifier makes no images: gray ones.
  Tensor sample(Sampling& sampling, int64_t n) override {
    return sampling.full({n, image_[0], image_[1], image_[2]}, gray_);
  }

  [[nodiscard]] std::vector<std::string> feature_names() const override { return {"convolutions", "logits"}; }
  Tensor feature(Recording& recording, Tensor images, std::string_view name) override {
    if (name == "convolutions") return features(images);
    if (name == "logits") return logits(images);
    return Model::feature(recording, images, name);
  }

 private:
  static bool fits(const std::vector<int64_t>& filters, int64_t kernel, const DataSpec& data, const Builder& build) {
    if (data.channels() == 0 || data.classes() == 0) {
      build.fail("cnn: needs images and labels, the data has not both");
    } else if (kernel % 2 == 0) {
      build.fail("model.kernel: " + std::to_string(kernel) + ", expected an odd number");
    } else if (filters.empty() || filters.size() > 16 ||
               std::min(data.height(), data.width()) >> (filters.size() - 1) == 0) {
      build.fail("model.filters: " + std::to_string(filters.size()) + " layers, expected at least one, and no more " +
                 "than the images can be halved between them; the data has " + std::to_string(data.height()) + "x" +
                 std::to_string(data.width()));
    } else {
      return true;
    }
    return false;
  }

  // (B, C, H, W) to (B, features)
  [[nodiscard]] Tensor features(Tensor images) const {
    Tensor h = images;
    for (size_t i = 0; i < convolutions_.size(); ++i) {
      h = convolutions_[i](i == 0 ? h : max_pool2d(h, {.kernel = 2}));
      h = activate(activation_, norms_.empty() ? h : norms_[i](h));
    }
    return h.flatten();
  }
  [[nodiscard]] Tensor logits(Tensor images) const { return dense_(features(images)); }

  std::vector<int64_t> image_;  // C, H, W
  double gray_;
  std::string activation_;
  Classification classification_;
  std::vector<Conv2d> convolutions_;
  std::vector<BatchNorm> norms_;
  Mlp dense_;
};

}  // namespace

ATELIER_MODEL("cnn", Cnn)
