// LeCun et al. 1998, Gradient-Based Learning Applied to Document Recognition: convolutions with pooling between them,
// then fully connected layers; rectified and pooled by maxima as in Krizhevsky et al. 2012.
#include "trunk.hpp"

namespace {

using namespace atelier;

class Cnn final : public Model {
 public:
  static void describe(Description& d) {
    d.summary = "Convolutional classifier of images; features for other models: 'logits', 'convolutions'.";
    d.reference =
        "LeCun et al. 1998, Gradient-Based Learning Applied to Document Recognition; Krizhevsky et al. 2012, ImageNet "
        "Classification with Deep Convolutional Neural Networks; saliency: Simonyan et al. 2014, Deep Inside "
        "Convolutional Networks";
    cnn::Trunk::describe(d, {32, 64, 64}, "channels after each convolution; 2x2 maximum pooling between them");
    d.integers("hidden", {64}, "widths of the fully connected layers before the output").range(1, 65536);
    d.activation("activation", "relu", "of all layers but the last");
    d.initialization("he_uniform");
    d.flag("batch_norm", false, "normalize by batch before the activations");
    d.flag("sync_batch_norm", false, "normalize over the whole batch where train.shards cuts it");
    d.number("dropout", 0.0, "rate at which units of the fully connected layers are dropped").range(0, 0.95);
    d.loss("classification", "classification", "cross-entropy", "how far the logits are from the label");
    Classification::describe(d);
  }

  Cnn(const Settings& settings, const DataSpec& data, Builder& build)
      : low_(data.image().low), high_(data.image().high), classification_(build.loss("classification")) {
    if (data.channels() == 0 || data.classes() == 0) {
      build.fail("needs images and labels, the data has not both");
      return;
    }
    const Builder group = build.group("classifier");
    const MlpOptions options{settings.text("activation"),
                             "none",
                             Initializer::named(settings.text("initialization")),
                             settings.flag("batch_norm"),
                             settings.number("dropout"),
                             settings.flag("sync_batch_norm")};
    const auto poolings = static_cast<int64_t>(settings.integers("filters").size()) - 1;
    trunk_ = cnn::Trunk(group, settings, data.image(), poolings, options);
    std::vector<int64_t> widths = settings.integers("hidden");
    widths.insert(widths.begin(), trunk_.outputs());
    widths.push_back(data.classes());
    dense_ = Mlp(group.scope("dense"), widths, options);
  }

  void train_step(Step& step) const override {
    classification_.train(step, "classifier", logits(step.images()), step.labels());
  }

  void evaluate(Evaluation& evaluation) const override {
    classification_.evaluate(evaluation, logits(evaluation.images()), evaluation.labels());
  }

  [[nodiscard]] std::vector<std::string> feature_names() const override { return {"convolutions", "hidden", "logits"}; }
  Tensor feature(Recording& recording, Tensor images, std::string_view name) const override {
    if (name == "convolutions") return trunk_(images);
    if (name == "hidden") return dense_.hidden(trunk_(images));
    if (name == "logits") return logits(images);
    return Model::feature(recording, images, name);
  }

  [[nodiscard]] std::vector<std::string> output_names() const override { return {"logits"}; }
  Tensor output(Evaluation& evaluation, std::string_view name, int64_t draws) const override {
    return name == "logits" ? logits(evaluation.images()) : Model::output(evaluation, name, draws);
  }

  [[nodiscard]] std::vector<View> views() const override {
    return {
        {.name = "saliency", .help = "an image, and how much each pixel moves its class's score", .uses_data = true}};
  }
  // Simonyan et al. 2014, section 3: the largest |d score / d pixel| of the channels, for the likeliest class's score
  // before the softmax. Each map is stretched over the data's range.
  Tensor view(Sampling& sampling, std::string_view name, int64_t n) const override {
    if (name != "saliency") {
      return Model::view(sampling, name, n);
    }
    const Tensor images = sampling.images();
    const Tensor score = max(logits(images), {1});
    const Tensor map = max(abs(gradient(score, images)), {1}, true);     // (n, 1, H, W)
    const Tensor brightest = maximum(max(map, {1, 2, 3}, true), 1e-30);  // an image may move nothing
    return strips({images, low_ + (high_ - low_) * (map / brightest)});
  }

 private:
  [[nodiscard]] Tensor logits(Tensor images) const { return dense_(trunk_(images)); }

  double low_, high_;
  Classification classification_;
  cnn::Trunk trunk_;
  Mlp dense_;
};

}  // namespace

ATELIER_MODEL("cnn", Cnn)
