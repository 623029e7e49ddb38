// Ronneberger et al. 2015, U-Net, figure 1: a contracting path of pairs of convolutions with pooling between them, an
// expanding path that meets each level's features again, and a class for every pixel. Borders are padded, so that the
// classes are as many as the pixels, and nothing is cropped.
#include <algorithm>
#include <atelier/model.hpp>

#include "../common/class_colours.hpp"

namespace {

using namespace atelier;

class UNet final : public Model {
 public:
  static void describe(Description& d) {
    d.summary = "Segments images: a class for each pixel, from an encoder and a decoder with connections between them.";
    d.reference = "Ronneberger et al. 2015, U-Net: Convolutional Networks for Biomedical Image Segmentation";
    d.integers("filters", {16, 32, 64}, "channels at each level; each level has half the height and width of the last")
        .range(1, 65536);
    d.activation("activation", "relu", "of the 3x3 convolutions");
    d.initialization("he_normal");
    d.flag("batch_norm", false, "normalize by batch before the activations");
    d.flag("sync_batch_norm", false, "normalize over the whole batch where train.shards cuts it");
    d.loss("classification", "classification", "cross-entropy", "how far the logits are from each pixel's class");
    Classification::describe(d);
  }

  UNet(const Settings& settings, const DataSpec& data, Builder& build)
      : low_(data.image().low), high_(data.image().high), classification_(build.loss("classification")) {
    const std::vector<int64_t> filters = settings.integers("filters");
    const Field* mask = data.find("mask");
    if (!fits(filters, mask, data, build)) {
      return;
    }
    classes_ = mask->classes;
    const HiddenOptions layers{.activation = settings.text("activation"),
                               .initializer = Initializer::named(settings.text("initialization")),
                               .norm = !settings.flag("batch_norm")       ? "none"
                                       : settings.flag("sync_batch_norm") ? "synchronized-batch"
                                                                          : "batch"};
    const Builder group = build.group("segmenter");
    // Two 3x3 convolutions, each with an activation.
    const auto pair = [&](const std::string& name, int64_t inputs, size_t i) {
      const std::vector<int64_t> shape{inputs, data.height() >> i, data.width() >> i};
      return ConvolutionStack(group.scope(name), shape, {filters[i], filters[i]}, 3, {.padding = 1}, layers);
    };
    for (size_t i = 0; i < filters.size(); ++i) {
      const std::string level = std::to_string(i);
      contracting_.push_back(pair("contracting." + level, i == 0 ? data.channels() : filters[i - 1], i));
      if (i + 1 < filters.size()) {
        ups_.emplace_back(group.scope("up." + level), filters[i + 1], filters[i], 2, Convolution{.stride = 2},
                          layers.initializer);
        expanding_.push_back(pair("expanding." + level, 2 * filters[i], i));
      }
    }
    output_ = Conv2d(group.scope("output"), filters[0], classes_, 1, {}, layers.initializer);
  }

  void train_step(Step& step) const override {
    classification_.train(step, "segmenter", logits(step.images()), step.data("mask"));
  }

  void evaluate(Evaluation& evaluation) const override {
    classification_.evaluate(evaluation, logits(evaluation.images()), evaluation.data("mask"));
  }

  [[nodiscard]] std::vector<std::string> output_names() const override { return {"logits"}; }
  Tensor output(Evaluation& evaluation, std::string_view name, int64_t draws) const override {
    return name == "logits" ? logits(evaluation.images()) : Model::output(evaluation, name, draws);
  }

  [[nodiscard]] std::vector<View> views() const override {
    return {{.name = "segmentation", .help = "an image, its mask, and the prediction", .uses_data = true}};
  }
  Tensor view(Sampling& sampling, std::string_view name, int64_t n) const override {
    if (name != "segmentation") {
      return Model::view(sampling, name, n);
    }
    const Tensor images = sampling.images();
    return strips({images, painted(sampling, sampling.data("mask")), painted(sampling, argmax(logits(images), 1))});
  }

 private:
  static bool fits(const std::vector<int64_t>& filters, const Field* mask, const DataSpec& data, const Builder& build) {
    const int64_t factor = int64_t{1} << (filters.empty() ? 0 : std::min<size_t>(filters.size() - 1, 32));
    if (data.channels() == 0 || mask == nullptr || mask->classes == 0 ||
        mask->dims != std::vector<int64_t>{data.height(), data.width()}) {
      build.fail(
          "needs images (C, H, W) and a field 'mask' (H, W) of classes, the data has not both; hint: "
          "[dataset] use = \"digit-scenes\"");
    } else if (filters.empty() || data.height() % factor != 0 || data.width() % factor != 0) {
      build.fail("model.filters: " + std::to_string(filters.size()) +
                 " levels, expected at least one, and images whose sides are multiples of " + std::to_string(factor) +
                 "; the data has " + std::to_string(data.height()) + "x" + std::to_string(data.width()));
    } else {
      return true;
    }
    return false;
  }

  // (B, C, H, W) to (B, classes, H, W)
  [[nodiscard]] Tensor logits(Tensor h) const {
    std::vector<Tensor> skips;
    for (const ConvolutionStack& pair : contracting_) {
      h = pair(skips.empty() ? h : max_pool2d(h, {.kernel = 2}));
      skips.push_back(h);
    }
    for (size_t i = ups_.size(); i-- > 0;) {
      h = expanding_[i](concatenate({skips[i], ups_[i](h)}, 1));
    }
    return output_(h);
  }

  // Classes (n, H, W) as colours around the colour circle, (n, 3, H, W); class 0 is black.
  [[nodiscard]] Tensor painted(const Recording& recording, Tensor classes) const {
    std::vector<float> palette(3, static_cast<float>(low_));
    const std::vector<float> colours = class_colours(classes_ - 1, low_, high_);
    palette.insert(palette.end(), colours.begin(), colours.end());
    return gather(recording.constant({classes_, 3}, palette), classes).permute({0, 3, 1, 2});
  }

  double low_, high_;
  int64_t classes_ = 0;
  Classification classification_;
  std::vector<ConvolutionStack> contracting_, expanding_;  // from the image's size to the smallest
  std::vector<ConvTranspose2d> ups_;
  Conv2d output_;
};

}  // namespace

ATELIER_MODEL("cnn-segmentation", UNet)
