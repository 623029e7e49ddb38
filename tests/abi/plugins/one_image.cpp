// The least adversarial model: its generator learns one image, its discriminator is linear.
#include <atelier/atelier.hpp>

#include "common/adversarial.hpp"

namespace {

using namespace atelier;

class OneImage : public AdversarialModel {
 public:
  static void describe(Description& d) {
    d.summary = "Learns one image against a linear discriminator.";
    describe_game(d);
  }
  OneImage(const Settings& settings, const DataSpec& data, Builder& build)
      : AdversarialModel(settings, data, build),
        shape_{1, data.channels(), data.height(), data.width()},
        image_(build.group("generator").parameter("image", shape_, Initializer::constant(0))),
        linear_(build.group("discriminator"), data.image().elements(), 1) {}

  void train_step(Step& step) const override {
    Round round;
    Tensor discriminator_loss;
    for (int64_t k = 0; k < discriminator_steps(); ++k) {
      if (k > 0) {
        step.next_batch();
      }
      round = round_of(step);
      discriminator_loss = adversarial().discriminator(critic(round), round.real, round.fake.detach());
      step.minimize("discriminator", discriminator_loss);
    }
    const Tensor generator_loss = adversarial().generator(critic(round), round.fake);
    step.log("discriminator_loss", discriminator_loss);
    step.log("generator_loss", generator_loss);
    step.minimize("generator", with_feature_matching(step, generator_loss, round));
  }

 protected:
  [[nodiscard]] Tensor generate(Tensor z, Tensor) const override {
    return broadcast_to(image_.use(z), {z.dim(0), shape_[1], shape_[2], shape_[3]});
  }
  [[nodiscard]] Judgement discriminate(Tensor images, Tensor) const override {
    return {linear_(images.flatten()), images};
  }

 private:
  std::vector<int64_t> shape_;  // (1, C, H, W)
  Parameter image_;
  Linear linear_;
};

// Hands its discriminator over without its parameter group.
class Nameless final : public OneImage {
 public:
  Nameless(const Settings& settings, const DataSpec& data, Builder& build)
      : OneImage(settings, data, build), adversarial_(build.loss("adversarial")) {}
  void train_step(Step& step) const override {
    const Tensor real = step.images();
    const auto discriminator = [&](Tensor images) { return discriminate(images, {}).logits; };
    step.minimize("discriminator", adversarial_.discriminator(discriminator, real, real * 0.5));
  }

 private:
  Adversarial adversarial_;
};

}  // namespace

ATELIER_MODEL("one-image", OneImage)
ATELIER_MODEL("nameless", Nameless)
