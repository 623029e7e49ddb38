// Radford et al. 2016, Unsupervised Representation Learning with Deep Convolutional Generative Adversarial Networks:
// 4x4 convolutions with stride 2 instead of pooling, batch normalization, no hidden dense layers.
#include <atelier/model.hpp>

namespace {

using namespace atelier;

constexpr int64_t kernel = 4;
constexpr Convolution halving{.stride = 2, .padding = 1};  // transposed, it doubles

// The length of an axis after so many layers of stride 2.
int64_t halved(int64_t length, size_t layers) {
  return length >> layers;
}

// z (B, latent) is projected to the smallest image, which every layer doubles, to (B, C, H, W) in [-1, 1].
class Generator {
 public:
  Generator() = default;
  Generator(const Builder& build, int64_t latent, const std::vector<int64_t>& filters, const DataSpec& data,
            Initializer initializer)
      : smallest_{-1, filters.front(), halved(data.height(), filters.size()), halved(data.width(), filters.size())} {
    project_ = Linear(build.scope("project"), latent, smallest_[1] * smallest_[2] * smallest_[3], initializer);
    for (size_t i = 0; i < filters.size(); ++i) {
      const Builder layer = build.scope(std::to_string(i));
      norms_.emplace_back(layer.scope("norm"), filters[i]);
      const int64_t outputs = i + 1 < filters.size() ? filters[i + 1] : data.channels();
      doubling_.emplace_back(layer, filters[i], outputs, kernel, halving, initializer);
    }
  }

  Tensor operator()(Tensor z) const {
    Tensor h = project_(z).reshape(smallest_);
    for (size_t i = 0; i < doubling_.size(); ++i) {
      h = doubling_[i](relu(norms_[i](h)));
    }
    return tanh(h);
  }

 private:
  std::vector<int64_t> smallest_;  // (-1, C, H, W)
  Linear project_;
  std::vector<BatchNorm> norms_;
  std::vector<ConvTranspose2d> doubling_;
};

// Images to logits (B, 1); no normalization of its input layer.
class Discriminator {
 public:
  Discriminator() = default;
  Discriminator(const Builder& build, const std::vector<int64_t>& filters, const DataSpec& data,
                Initializer initializer)
      : group_(build.group_name()) {
    for (size_t i = 0; i < filters.size(); ++i) {
      const Builder layer = build.scope(std::to_string(i));
      halving_.emplace_back(layer, i == 0 ? data.channels() : filters[i - 1], filters[i], kernel, halving, initializer);
      if (i > 0) {
        norms_.emplace_back(layer.scope("norm"), filters[i]);
      }
    }
    const int64_t pixels = halved(data.height(), filters.size()) * halved(data.width(), filters.size());
    output_ = Linear(build.scope("output"), filters.back() * pixels, 1, initializer);
  }

  Tensor operator()(Tensor images) const {
    Tensor h = leaky_relu(halving_[0](images), 0.2);
    for (size_t i = 1; i < halving_.size(); ++i) {
      h = leaky_relu(norms_[i - 1](halving_[i](h)), 0.2);
    }
    return output_(h.flatten());
  }

  [[nodiscard]] const std::string& group() const { return group_; }

 private:
  std::string group_;
  std::vector<Conv2d> halving_;
  std::vector<BatchNorm> norms_;
  Linear output_;
};

class Dcgan final : public Model {
 public:
  static void describe(Description& d) {
    d.summary = "Deep convolutional generative adversarial network; images in [-1, 1].";
    d.reference =
        "Radford et al. 2016, Unsupervised Representation Learning with Deep Convolutional Generative Adversarial "
        "Networks";
    d.integer("latent", 100, "length of the noise vector z").range(1, 65536);
    d.integers("generator", {512, 256, 128, 64}, "channels before each layer, which doubles the image").range(1, 65536);
    d.integers("discriminator", {64, 128, 256, 512}, "channels after each layer, which halves the image")
        .range(1, 65536);
    d.initialization("normal");
    d.loss("adversarial", "adversarial", "non-saturating", "what discriminator and generator play for");
  }

  Dcgan(const Settings& settings, const DataSpec& data, Builder& build)
      : latent_(settings.integer("latent")), adversarial_(build.loss("adversarial")) {
    const Initializer initializer = Initializer::named(settings.text("initialization"));
    const std::vector<int64_t> up = settings.integers("generator");
    const std::vector<int64_t> down = settings.integers("discriminator");
    if (!fits("generator", up, data, build) || !fits("discriminator", down, data, build)) {
      return;
    }
    if (data.image().low != -1 || data.image().high != 1) {
      build.fail("dataset.range: the generator gives values in [-1, 1]; hint: set dataset.range = [-1.0, 1.0]");
    }
    generator_ = Generator(build.group("generator"), latent_, up, data, initializer);
    discriminator_ = Discriminator(build.group("discriminator"), down, data, initializer);
  }

  void train_step(Step& step) override {
    const Tensor real = step.images();  // (B, C, H, W)
    const Tensor fake = generator_(step.normal({real.dim(0), latent_}));
    const Tensor discriminator_loss = adversarial_.discriminator(discriminator_, real, fake.detach());
    step.minimize("discriminator", discriminator_loss);
    const Tensor generator_loss = adversarial_.generator(discriminator_, fake);
    step.minimize("generator", generator_loss);
    step.log("discriminator_loss", discriminator_loss);
    step.log("generator_loss", generator_loss);
  }

  void evaluate(Evaluation& evaluation) override {
    const Tensor real = evaluation.images();
    const Tensor fake = generator_(evaluation.normal({real.dim(0), latent_}));
    evaluation.add_per_sample("real_probability", sigmoid(discriminator_(real)).reshape({-1}));
    evaluation.add_per_sample("fake_probability", sigmoid(discriminator_(fake)).reshape({-1}));
    const auto count = static_cast<double>(evaluation.batch_size());
    const Tensor discriminator_loss = adversarial_.discriminator(discriminator_, real, fake);
    const Tensor generator_loss = adversarial_.generator(discriminator_, fake);
    evaluation.add("discriminator_loss", discriminator_loss * count, count);
    evaluation.add("generator_loss", generator_loss * count, count);
    evaluation.add("loss", generator_loss * count, count);
  }

  Tensor sample(Sampling& sampling, int64_t n) override { return generator_(sampling.normal({n, latent_})); }

 private:
  static bool fits(const std::string& setting, const std::vector<int64_t>& filters, const DataSpec& data,
                   const Builder& build) {
    const int64_t factor = int64_t{1} << std::min<size_t>(filters.size(), 16);
    if (!filters.empty() && data.channels() > 0 && data.height() % factor == 0 && data.width() % factor == 0) {
      return true;
    }
    build.fail("model." + setting + ": " + std::to_string(filters.size()) +
               " layers, expected at least one, and images " + "whose sides are multiples of " +
               std::to_string(factor) + "; the data has " + std::to_string(data.height()) + "x" +
               std::to_string(data.width()));
    return false;
  }

  int64_t latent_;
  Adversarial adversarial_;
  Generator generator_;
  Discriminator discriminator_;
};

}  // namespace

ATELIER_MODEL("dcgan", Dcgan)
