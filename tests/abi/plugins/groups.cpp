// Three parameter groups, as in Larsen et al. 2016 (VAE-GAN): encoder, decoder and discriminator, each with a loss of
// its own.
#include <atelier/model.hpp>

namespace {

using namespace atelier;

class Groups final : public Model {
 public:
  static void describe(Description& d) {
    d.summary = "Three groups, whose updates come at different places among what is recorded.";
    d.text("order", "last",
           "last: all losses, then all updates; between: an update between recorded losses, which must not "
           "matter; again: the networks are used again after the first update, which must")
        .choices({"last", "between", "again"});
  }
  Groups(const Settings& settings, const DataSpec& data, Builder& build)
      : order_(settings.text("order")),
        image_{data.channels(), data.height(), data.width()},
        encoder_(build.group("encoder"), data.image().elements(), 4),
        decoder_(build.group("decoder"), 4, data.image().elements()),
        discriminator_(build.group("discriminator"), {data.image().elements(), 8, 1}, {.activation = "tanh"}) {}

  void train_step(Step& step) const override {
    const Tensor x = step.images().flatten();
    Tensor z = tanh(encoder_(x));
    Tensor y = decoder_(z);
    Tensor real = discriminator_(x);
    Tensor fake = discriminator_(y);
    const Tensor encoder_loss = mean(square(y - x)) + 0.1 * mean(square(z));
    if (order_ != "last") {
      step.minimize("encoder", encoder_loss);
    }
    if (order_ == "again") {
      z = tanh(encoder_(x));
      y = decoder_(z);
      fake = discriminator_(y);
    }
    const Tensor decoder_loss = mean(square(y - x)) + 0.1 * mean(bce_with_logits(fake, 1.0));
    const Tensor discriminator_loss = mean(bce_with_logits(real, 1.0)) + mean(bce_with_logits(fake, 0.0));
    if (order_ == "last") {
      step.minimize("encoder", encoder_loss);
    }
    step.minimize("decoder", decoder_loss);
    step.minimize("discriminator", discriminator_loss);
    step.log("encoder_loss", encoder_loss);
    step.log("decoder_loss", decoder_loss);
    step.log("discriminator_loss", discriminator_loss);
  }
  void evaluate(Evaluation& e) const override {
    const Tensor x = e.images().flatten();
    e.add_per_sample("loss", mean(square(decoder_(tanh(encoder_(x))) - x), {1}));
  }
  Tensor sample(Sampling& s, int64_t n) const override {
    return decoder_(s.normal({n, 4})).reshape({n, image_[0], image_[1], image_[2]});
  }

 private:
  std::string order_;
  std::vector<int64_t> image_;
  Linear encoder_, decoder_;
  Mlp discriminator_;
};

}  // namespace

ATELIER_MODEL("groups", Groups)
