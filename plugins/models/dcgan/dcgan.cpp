// Radford et al. 2016, Unsupervised Representation Learning with Deep Convolutional Generative Adversarial Networks.
#include "../common/adversarial.hpp"
#include "networks.hpp"

namespace {

using namespace atelier;

class Dcgan final : public AdversarialModel {
 public:
  static void describe(Description& d) {
    d.summary = "Deep convolutional generative adversarial network; images in [-1, 1].";
    d.reference =
        "Radford et al. 2016, Unsupervised Representation Learning with Deep Convolutional Generative Adversarial "
        "Networks; pac: Lin, Khetan, Fanti and Oh 2018, PacGAN: The power of two samples in generative adversarial "
        "networks";
    d.integers("generator", {512, 256, 128, 64}, "channels before each layer, which doubles the image").range(1, 65536);
    d.integers("discriminator", {64, 128, 256, 512}, "channels after each layer, which halves the image")
        .range(1, 65536);
    d.integer(
         "kernel", 4,
         "height and width of the filters; odd ones halve images of any sides, rounded up, and give the same sides "
         "back")
        .range(2, 15);
    d.activation("activation", "relu", "of the generator's hidden layers");
    d.activation("discriminator_activation", "leaky_relu",
                 "of the discriminator's hidden layers; the leaky one has slope 0.2");
    d.text("discriminator_norm", "batch",
           "normalization of the discriminator's hidden layers; a gradient penalty needs each sample judged alone: "
           "'layer' or 'none'")
        .choices(norm_names);
    d.text("generator_norm", "batch", "normalization of the generator's hidden layers").choices(norm_names);
    d.flag("spectral_norm", false, "divide the discriminator's weights by their largest singular values");
    d.initialization("normal");
    d.integer("generator_steps", 1, "updates of the generator for each round, each but the first on fresh noise")
        .range(1, 1000);
    describe_game(d);
  }

  Dcgan(const Settings& settings, const DataSpec& data, Builder& build)
      : AdversarialModel(settings, data, build), generator_steps_(settings.integer("generator_steps")) {
    const Initializer initializer = Initializer::named(settings.text("initialization"));
    const std::vector<int64_t> up = settings.integers("generator");
    const std::vector<int64_t> down = settings.integers("discriminator");
    const int64_t kernel = settings.integer("kernel");
    if (!fits("generator", up, kernel, data, build) || !fits("discriminator", down, kernel, data, build)) {
      return;
    }
    if (data.image().low != -1 || data.image().high != 1) {
      build.fail("dataset.range: the generator gives values in [-1, 1]; hint: set dataset.range = [-1.0, 1.0]");
    }
    generator_ = dcgan::Generator(build.group("generator"), latent(), condition(), up, kernel, data,
                                  {.activation = settings.text("activation"),
                                   .initializer = initializer,
                                   .norm = settings.text("generator_norm")});
    discriminator_ = dcgan::Discriminator(build.group("discriminator"), condition(), down, kernel, packed(data),
                                          {.activation = settings.text("discriminator_activation"),
                                           .initializer = initializer,
                                           .norm = settings.text("discriminator_norm"),
                                           .norm_of_first = false,
                                           .spectral_norm = settings.flag("spectral_norm")});
  }

  // Algorithm 1 of Goodfellow et al. 2014; discriminator_steps is its k.
  void train_step(Step& step) const override {
    Round round;
    Tensor discriminator_loss;
    for (int64_t k = 0; k < discriminator_steps(); ++k) {
      if (k > 0) {
        step.next_batch();
      }
      round = round_of(step);  // real images, and as many generated ones
      discriminator_loss = adversarial().discriminator(critic(round), round.real, round.fake.detach());
      step.minimize("discriminator", discriminator_loss);
    }
    // The images that the discriminator has just seen serve its opponent too, instead of fresh ones.
    for (int64_t k = 1; k < generator_steps_; ++k) {
      const Tensor loss = adversarial().generator(critic(round), round.fake);
      step.minimize("generator", with_feature_matching(step, loss, round, false));
      round = round_of(step);
    }
    const Tensor generator_loss = adversarial().generator(critic(round), round.fake);
    step.log("discriminator_loss", discriminator_loss);
    step.log("generator_loss", generator_loss);
    step.minimize("generator", with_feature_matching(step, generator_loss, round));
    condition().remember(step, round.condition);
  }

 private:
  [[nodiscard]] Tensor generate(Tensor z, Tensor condition) const override { return generator_(z, condition); }
  [[nodiscard]] Judgement discriminate(Tensor images, Tensor condition) const override {
    return discriminator_(images, condition);
  }

  static bool fits(const std::string& setting, const std::vector<int64_t>& filters, int64_t kernel,
                   const DataSpec& data, const Builder& build) {
    const int64_t factor = kernel % 2 == 1 ? 1 : int64_t{1} << std::min<size_t>(filters.size(), 16);
    if (!filters.empty() && data.channels() > 0 && data.height() % factor == 0 && data.width() % factor == 0) {
      return true;
    }
    build.fail("model." + setting + ": " + std::to_string(filters.size()) +
               " layers, expected at least one, and images " + "whose sides are multiples of " +
               std::to_string(factor) + "; the data has " + std::to_string(data.height()) + "x" +
               std::to_string(data.width()) + "; hint: an odd model.kernel, as 5, halves any");
    return false;
  }

  int64_t generator_steps_;
  dcgan::Generator generator_;
  dcgan::Discriminator discriminator_;
};

}  // namespace

ATELIER_MODEL("dcgan", Dcgan)
