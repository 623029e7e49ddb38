// Dinh, Sohl-Dickstein & Bengio 2017, Density Estimation Using Real NVP: an invertible network f from images to
// independent normal latents, so that log p(x) = log N(f(x)) + log |det df/dx| is exact (equation 2).
#include <algorithm>
#include <atelier/model.hpp>
#include <cmath>
#include <numbers>

#include "../common/latent_space.hpp"
#include "flow.hpp"

namespace {

using namespace atelier;

class RealNvp final : public Model {
 public:
  static void describe(Description& d) {
    d.summary = "Normalizing flow of affine couplings: an exact likelihood, and images by the inverse of the network.";
    d.reference = "Dinh et al. 2017, Density Estimation Using Real NVP";
    d.integers("features", {32, 48, 64}, "channels of the couplings' networks at each scale, of half the last's sides")
        .range(1, 65536);
    d.integer("couplings", 3, "of each kind of mask at a scale; one more at the last").range(1, 64);
    d.integer("blocks", 2, "residual blocks of a coupling's network").range(0, 64);
    d.integer("levels", 256, "values that a pixel can have; images are rounded to the nearest").range(2, 65536);
    d.number("alpha", 0.05, "values become logits of alpha + (1 - 2 alpha) x, x from 0 to 1").above(0).below(0.5);
    d.number("temperature", 1.0, "deviation of the latents that samples are made of").range(0);
    d.measure("loss", Direction::smaller, "nats", "-log p(x), the mean over the images");
    d.measure("bits_per_dimension", Direction::smaller, "bits/dim", "-log p(x) for each value of an image");
  }

  RealNvp(const Settings& settings, const DataSpec& data, Builder& build)
      : image_(data.image()),
        levels_(static_cast<double>(settings.integer("levels"))),
        alpha_(settings.number("alpha")),
        temperature_(settings.number("temperature")) {
    const std::vector<int64_t> features = settings.integers("features");
    const int64_t factor = int64_t{1} << (features.empty() ? 0 : std::min<size_t>(features.size() - 1, 32));
    if (features.empty() || data.channels() == 0 || data.height() % factor != 0 || data.width() % factor != 0) {
      build.fail("model.features: " + std::to_string(features.size()) +
                 " scales, expected at least one, and images whose sides are multiples of " + std::to_string(factor) +
                 "; the data has " + std::to_string(data.height()) + "x" + std::to_string(data.width()));
      return;
    }
    flow_ = realnvp::Flow(build.group("flow"), image_.dims, features, settings.integer("couplings"),
                          settings.integer("blocks"));
  }

  void train_step(Step& step) const override {
    const Tensor nll = -mean(log_likelihood(step));
    step.minimize("flow", nll);
    step.log("loss", nll);
    step.log("bits_per_dimension", nll * bits_per_dimension());
  }

  void evaluate(Evaluation& evaluation) const override {
    const Tensor nll = -log_likelihood(evaluation);
    evaluation.add_per_sample("loss", nll);
    evaluation.add_per_sample("bits_per_dimension", nll * bits_per_dimension());
  }

  [[nodiscard]] std::vector<std::string> output_names() const override { return {"log_likelihood"}; }
  Tensor output(Evaluation& evaluation, std::string_view, int64_t) const override { return log_likelihood(evaluation); }

  // Pixels have one of the levels.
  Tensor sample(Sampling& sampling, int64_t n) const override {
    const Tensor level = floor(between(draw(sampling, n)) * levels_);
    return in_range(clamp(level, 0, levels_ - 1) / (levels_ - 1));
  }

  [[nodiscard]] std::vector<View> views() const override {
    std::vector<View> out = latent_space().views();
    std::erase_if(out,
                  [](const View& view) { return view.name == "traversal"; });  // one latent of so many tells nothing
    return out;
  }
  Tensor view(Sampling& sampling, std::string_view name, int64_t n) const override {
    return latent_space().view(sampling, name, n);
  }

 private:
  // Section 4.1: the level k of a pixel is k + u of so many equal parts of (0, 1), u drawn from (0, 1); of each place
  // there, alpha aside, the logit. With D values of an image and y in (0, 1), P(k) = E p(y) levels^-D: in nats, (B).
  [[nodiscard]] Tensor log_likelihood(const Batch& batch) const {
    const Tensor images = batch.images();
    const Tensor inside = squeezed_in((level(images) + batch.uniform(images.shape())) / levels_);
    const realnvp::Mapped mapped = flow_.forward(log(inside) - log(1.0 - inside));
    const Tensor of_logits = -sum(log(inside) + log(1.0 - inside), {1, 2, 3});
    const double constant = std::log(1 - 2 * alpha_) - std::log(levels_) - 0.5 * std::log(2 * std::numbers::pi);
    return sum(square(mapped.y), {1}) * -0.5 + mapped.log_determinant + of_logits +
           constant * static_cast<double>(image_.elements());
  }
  [[nodiscard]] double bits_per_dimension() const {
    return 1.0 / (static_cast<double>(image_.elements()) * std::numbers::ln2);
  }

  [[nodiscard]] Tensor level(Tensor images) const {  // 0 to levels - 1
    return floor((images - image_.low) * ((levels_ - 1) / (image_.high - image_.low)) + 0.5);
  }
  [[nodiscard]] Tensor in_range(Tensor x) const {  // from 0 to 1
    return x * (image_.high - image_.low) + image_.low;
  }
  [[nodiscard]] Tensor squeezed_in(Tensor y) const { return y * (1 - 2 * alpha_) + alpha_; }

  [[nodiscard]] Tensor draw(const Recording& recording, int64_t n) const {
    return recording.normal({n, image_.elements()}) * temperature_;
  }
  [[nodiscard]] Tensor between(Tensor z) const {  // latents (n, C H W) to (n, C, H, W), nearly all of it from 0 to 1
    return (sigmoid(flow_.inverse(z)) - alpha_) / (1 - 2 * alpha_);
  }
  [[nodiscard]] LatentSpace latent_space() const {
    return {.length = image_.elements(),
            .decode = [this](Tensor z,
                             Tensor) { return in_range(clamp((between(z) * levels_ - 0.5) / (levels_ - 1), 0, 1)); },
            .draw = [this](const Sampling& sampling, int64_t n) { return draw(sampling, n); },
            .encode = [this](const Sampling&, Tensor images, Tensor) {  // from the middle of each level's part
              const Tensor inside = squeezed_in((level(images) + 0.5) / levels_);
              return flow_.forward(log(inside) - log(1.0 - inside)).y;
            }};
  }

  Field image_;
  double levels_, alpha_, temperature_;
  realnvp::Flow flow_;
};

}  // namespace

ATELIER_MODEL("realnvp", RealNvp)
