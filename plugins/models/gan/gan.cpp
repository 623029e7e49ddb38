// Goodfellow et al. 2014, Generative Adversarial Nets, with fully connected networks.
#include <atelier/model.hpp>

namespace {

using namespace atelier;

class Gan final : public Model {
 public:
  static void describe(Description& d) {
    d.summary = "Generative adversarial network of fully connected layers.";
    d.reference = "Goodfellow et al. 2014, Generative Adversarial Nets";
    d.integer("latent", 100, "length of the noise vector z").range(1, 65536);
    d.integers("generator", {128, 256, 512}, "widths of the generator's hidden layers").range(1, 65536);
    d.integers("discriminator", {512, 256, 128}, "widths of the discriminator's hidden layers").range(1, 65536);
    d.activation("activation", "leaky_relu", "of the hidden layers; the leaky one has slope 0.2");
    d.text("output_activation", "tanh",
           "of the generator; its range should be the images' (tanh: [-1, 1], sigmoid: [0, 1])")
        .choices({"tanh", "sigmoid", "none"});
    d.initialization("glorot_uniform");
    d.flag("batch_norm", false, "normalize the generator's hidden layers by batch");
    d.number("dropout", 0.0, "rate at which the discriminator's hidden units are dropped").range(0, 0.95);
    d.loss("adversarial", "adversarial", "non-saturating", "what discriminator and generator play for");
  }

  Gan(const Settings& settings, const DataSpec& data, Builder& build)
      : image_{data.channels(), data.height(), data.width()},
        latent_(settings.integer("latent")),
        adversarial_(build.loss("adversarial")) {
    const int64_t pixels = data.image().elements();
    const Initializer initializer = Initializer::named(settings.text("initialization"));
    check_range(settings.text("output_activation"), data, build);
    generator_ = Mlp(
        build.group("generator"), widths(latent_, settings.integers("generator"), pixels),
        {settings.text("activation"), settings.text("output_activation"), initializer, settings.flag("batch_norm"), 0});
    discriminator_ = Mlp(build.group("discriminator"), widths(pixels, settings.integers("discriminator"), 1),
                         {settings.text("activation"), "none", initializer, false, settings.number("dropout")});
  }

  void train_step(Step& step) override {
    const Tensor real = step.images().flatten();  // (B, pixels)
    const Tensor fake = generator_(step.normal({real.dim(0), latent_}));
    const Tensor discriminator_loss = adversarial_.discriminator(discriminator_, real, fake.detach());
    step.minimize("discriminator", discriminator_loss);
    const Tensor generator_loss = adversarial_.generator(discriminator_, fake);
    step.minimize("generator", generator_loss);
    step.log("discriminator_loss", discriminator_loss);
    step.log("generator_loss", generator_loss);
  }

  void evaluate(Evaluation& evaluation) override {
    const Tensor real = evaluation.images().flatten();
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

  Tensor sample(Sampling& sampling, int64_t n) override {
    return generator_(sampling.normal({n, latent_})).reshape({n, image_[0], image_[1], image_[2]});
  }

 private:
  static std::vector<int64_t> widths(int64_t inputs, std::vector<int64_t> hidden, int64_t outputs) {
    hidden.insert(hidden.begin(), inputs);
    hidden.push_back(outputs);
    return hidden;
  }

  static void check_range(const std::string& activation, const DataSpec& data, const Builder& build) {
    const Field& image = data.image();
    const bool fits = activation == "none" || (image.high == 1 && image.low == (activation == "tanh" ? -1 : 0));
    if (!fits) {
      build.fail("model.output_activation: '" + activation + "' gives values in " +
                 (activation == "tanh" ? "[-1, 1]" : "[0, 1]") +
                 ", the images are scaled to another range; hint: set dataset.range to it");
    }
  }

  std::vector<int64_t> image_;  // C, H, W
  int64_t latent_;
  Adversarial adversarial_;
  Mlp generator_, discriminator_;
};

}  // namespace

ATELIER_MODEL("gan", Gan)
