// Johnson et al. 2016, Perceptual Losses for Real-Time Style Transfer and Super-Resolution; for a variational
// autoencoder Hou et al. 2017, Deep Feature Consistent Variational Autoencoder.
#include <memory>

#include "pixels.hpp"

namespace {

using namespace atelier;

class Perceptual final : public ReconstructionLoss {
 public:
  static void describe(Description& d) {
    d.summary = "Squared distance between what another run's model, frozen, sees in two images; and a loss of pixels.";
    d.reference =
        "Johnson et al. 2016, Perceptual Losses for Real-Time Style Transfer and Super-Resolution, eq. 2; Hou et al. "
        "2017, Deep Feature Consistent Variational Autoencoder";
    d.text("from", "", "the other run, by its experiment's name or by its log").required();
    d.text("feature", "convolutions", "which of that model's features");
    d.number("weight", 1.0, "of the feature's squared error, averaged over its elements").range(0);
    d.text("pixels", "bce", "the loss of pixels that is added, with weight 1; what the decoder's output means")
        .choices({"bce", "mse", "none"});
    d.measure("", Direction::smaller, "", "the weighted distance, and the loss of pixels");
  }

  Perceptual(const Settings& settings, const DataSpec& data, Builder& build)
      : image_{data.channels(), data.height(), data.width()},
        feature_(settings.text("feature")),
        weight_(settings.number("weight")),
        features_(build.features(settings.text("from"))) {
    const std::string pixels = settings.text("pixels");
    if (pixels == "bce") {
      pixels_ = std::make_unique<reconstruction::Bce>(settings, data, build);
    } else if (pixels == "mse") {
      pixels_ = std::make_unique<reconstruction::Mse>(settings, data, build);
    }
  }

  Tensor per_sample(Tensor output, Tensor target) const override {
    const Tensor distance = mean(square(seen(image(output)) - seen(target)), {1}) * weight_;
    return pixels_ ? distance + pixels_->per_sample(output, target) : distance;
  }
  Tensor image(Tensor output) const override { return pixels_ ? pixels_->image(output) : output; }

 private:
  [[nodiscard]] Tensor seen(Tensor x) const {  // (B, elements of the feature)
    return features_(x.reshape({-1, image_[0], image_[1], image_[2]}), feature_).flatten();
  }

  std::vector<int64_t> image_;  // C, H, W
  std::string feature_;
  double weight_;
  Features features_;
  std::unique_ptr<ReconstructionLoss> pixels_;  // null: none
};

}  // namespace

ATELIER_LOSS("perceptual", Perceptual)
