// Goodfellow et al. 2014, Generative Adversarial Nets, with a fully connected generator. Evaluation, sampling and views
// are in AdversarialModel, as all models of this kind share them.
#include "../common/adversarial.hpp"
#include "discriminator.hpp"

namespace {

using namespace atelier;

class Gan final : public AdversarialModel {
 public:
  static void describe(Description& d) {
    d.summary = "Generative adversarial network with a fully connected generator.";
    d.reference = "Goodfellow et al. 2014, Generative Adversarial Nets; pac: Lin, Khetan, Fanti and Oh 2018, PacGAN";
    d.integers("generator", {128, 256, 512}, "widths of the generator's hidden layers").range(1, 65536);
    d.activation("activation", "leaky_relu", "of the generator's hidden layers; the leaky one has slope 0.2");
    d.text("output_activation", "tanh",
           "of the generator; its range should be the images' (tanh: [-1, 1], sigmoid: [0, 1])")
        .choices({"tanh", "sigmoid", "none"});
    d.flag("batch_norm", false, "normalize the generator's hidden layers by batch");
    d.flag("sync_batch_norm", false, "normalize over the whole batch where train.shards cuts it");
    gan::Discriminator::describe(d);
    d.initialization("glorot_uniform");
    describe_game(d);
  }

  Gan(const Settings& settings, const DataSpec& data, Builder& build)
      : AdversarialModel(settings, data, build), image_{-1, data.channels(), data.height(), data.width()} {
    check_range(settings.text("output_activation"), data, build);
    const Builder generator = build.group("generator");
    const Initializer initializer = Initializer::named(settings.text("initialization"));
    condition_ = ConditionInput(generator.scope("condition"), condition(), initializer);
    std::vector<int64_t> widths = settings.integers("generator");
    widths.insert(widths.begin(), latent() + condition_.length());
    widths.push_back(data.image().elements());
    generator_ = Mlp(generator, widths,
                     {settings.text("activation"), settings.text("output_activation"), initializer,
                      settings.flag("batch_norm"), 0, settings.flag("sync_batch_norm")});
    discriminator_ = gan::Discriminator(build.group("discriminator"), settings, packed(data), condition());
    compares_images_ = settings.integer("minibatch_discrimination") > 0;
  }

  // Algorithm 1 of Goodfellow et al. 2014; discriminator_steps is its k.
  void train_step(Step& step) const override {
    if (compares_images_ && step.batch_size() == 1) {
      step.fail("model.minibatch_discrimination: compares the images of a batch, and this batch has one");
    }
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
    const Tensor generator_loss = adversarial().generator(critic(round), round.fake);
    step.log("discriminator_loss", discriminator_loss);
    step.log("generator_loss", generator_loss);
    step.minimize("generator", with_feature_matching(step, generator_loss, round));
    condition().remember(step, round.condition);
  }

 private:
  [[nodiscard]] Tensor generate(Tensor z, Tensor condition) const override {
    return generator_(condition_(z, condition)).reshape(image_);
  }
  [[nodiscard]] Judgement discriminate(Tensor images, Tensor condition) const override {
    return discriminator_(images, condition);
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

  std::vector<int64_t> image_;  // (-1, C, H, W)
  ConditionInput condition_;
  Mlp generator_;
  gan::Discriminator discriminator_;
  bool compares_images_ = false;
};

}  // namespace

ATELIER_MODEL("gan", Gan)
