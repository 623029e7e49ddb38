// The layers and operations on images, each telling by numbers in the log whether it does what it says.
#include <atelier/masked_convolution.hpp>
#include <atelier/model.hpp>
#include <numbers>

namespace {

using namespace atelier;

constexpr int64_t side = 6;

class ImageLayers final : public Model {
 public:
  static void describe(Description& d) { d.summary = "Exercises the layers and operations on images."; }

  ImageLayers(const Settings&, const DataSpec& data, Builder& build) {
    const Builder net = build.group("classifier");
    first_ = Conv2d(net.scope("first"), data.channels(), 8, 3, {.padding = 1}).with_spectral_norm(net.scope("first"));
    batch_ = BatchNorm(net.scope("batch"), 8);
    up_ = ConvTranspose2d(net.scope("up"), 8, 4, 4, {.stride = 2, .padding = 1}).with_spectral_norm(net.scope("up"));
    group_ = GroupNorm(net.scope("group"), 2, 4);
    instance_ = InstanceNorm(net.scope("instance"), 4);
    layer_ = LayerNorm(net.scope("layer"), {4});
    last_ = Linear(net.scope("last"), 4, data.classes()).with_spectral_norm(net.scope("last"));
    const Builder table = build.group("table");
    embedding_ = Embedding(table.scope("embedding"), 3, 2);
    const Builder masks = build.group("masks");
    int number = 0;
    for (const auto region :
         {CausalMask::Region::raster, CausalMask::Region::vertical, CausalMask::Region::horizontal}) {
      const auto stack = [&](const char* layer, int64_t inputs, CausalMask::Type type) {
        return MaskedConv2d(masks.scope(std::to_string(number) + "." + layer), inputs, 6, 3, {type, region, 3});
      };
      looks_.push_back({stack("a", 3, CausalMask::Type::A), stack("b", 6, CausalMask::Type::B)});
      ++number;
    }
  }

  void train_step(Step& step) const override {
    const Tensor loss = mean(cross_entropy(logits(step.images()), step.labels()));
    step.log("loss", loss);
    spectral(step);
    const Tensor picked = embedding_(step.constant({3}, std::vector<int64_t>{0, 0, 2}));
    step.minimize("table", sum(picked));
    warped(step);
    masked(step);
    step.minimize("classifier", loss);
  }
  void evaluate(Evaluation& e) const override {
    e.add_per_sample("loss", cross_entropy(logits(e.images()), e.labels()));
  }
  Tensor sample(Sampling& s, int64_t n) const override { return s.full({n, 1, 8, 8}, 0.5); }

 private:
  struct Look {
    MaskedConv2d a, b;
  };

  [[nodiscard]] Tensor logits(Tensor images) const {
    Tensor h = relu(batch_(first_(images)));
    h = max_pool2d(h) + avg_pool2d(h);
    h = instance_(group_(up_(h)));
    h = upsample_bilinear2d(upsample_nearest2d(h), 5, 7);
    return last_(layer_(global_avg_pool2d(square(h))));
  }

  // The layer's rows, as it shows them for unit vectors.
  void spectral(const Step& step) const {
    const Tensor unit = one_hot(step.constant({4}, std::vector<int64_t>{0, 1, 2, 3}), 4);
    const Tensor zero = step.full({1, 4}, 0);
    step.log("spectral.frobenius", norm(last_(unit) - last_(zero)));
  }

  void warped(const Step& step) const {
    const Tensor x = step.normal({2, 3, 4, 4});
    const Tensor moved = translate(x, step.full({2}, 1), step.full({2}, 2));
    step.log("warp.translated", max(abs(moved.slice(2, 2, 2).slice(3, 1, 3) - x.slice(2, 0, 2).slice(3, 0, 3))) +
                                    max(abs(moved.slice(2, 0, 2))) + max(abs(moved.slice(3, 0, 1))));
    const Tensor turned = rotate(x, step.full({2}, std::numbers::pi / 2));
    const Tensor t = x.permute({0, 1, 3, 2});
    const Tensor expected = concatenate({t.slice(2, 3, 1), t.slice(2, 2, 1), t.slice(2, 1, 1), t.slice(2, 0, 1)}, 2);
    step.log("warp.rotated", max(abs(turned - expected)));
  }

  // How much of each colour of x pixel (3, 2) of each colour of a result sees: summed over `before` the pixel in
  // reading order, and over all that is not.
  void masked(const Step& step) const {
    const char* names[] = {"raster", "vertical", "horizontal"};
    const Tensor x = step.normal({1, 3, side, side});
    for (size_t i = 0; i < looks_.size(); ++i) {
      const Tensor y = looks_[i].b(looks_[i].a(x));
      for (int64_t colour = 0; colour < 3; ++colour) {
        const Tensor seen = abs(gradient(sum(y.slice(1, 2 * colour, 2).slice(2, 3, 1).slice(3, 2, 1)), x));
        const Tensor above = sum(seen.slice(2, 0, 3));
        const Tensor left = sum(seen.slice(2, 3, 1).slice(3, 0, 2));
        Tensor own = step.scalar(0);
        if (colour > 0) {
          own = sum(seen.slice(1, 0, colour).slice(2, 3, 1).slice(3, 2, 1));
        }
        const std::string name = std::string(names[i]) + "." + std::to_string(colour);
        step.log(name + ".above", above);
        step.log(name + ".left", left);
        step.log(name + ".own", own);
        step.log(name + ".rest", sum(seen) - above - left - own);
      }
    }
  }

  Conv2d first_;
  ConvTranspose2d up_;
  BatchNorm batch_;
  GroupNorm group_;
  InstanceNorm instance_;
  LayerNorm layer_;
  Linear last_;
  Embedding embedding_;
  std::vector<Look> looks_;
};

}  // namespace

ATELIER_MODEL("image-layers", ImageLayers)
