// A variational autoencoder (Kingma & Welling 2014). Images are (B, C, H, W), codes are (B, Z).
#include <atelier/model.hpp>

namespace {

using namespace atelier;

class MyPlugin final : public Model {
 public:
  static void describe(Description& d) {
    d.summary = "Variational autoencoder with two fully connected layers on each side.";
    d.reference = "Kingma & Welling 2014";
    d.integer("latent", 8, "length of the code z").range(1, 4096);
    d.integer("hidden", 256, "units of the hidden layers").range(1, 65536);
    d.loss("reconstruction", "reconstruction", "bce", "how far an image is from what the decoder makes of its code");
    d.measure("loss", Direction::smaller, "nats", "-ELBO: an upper bound of -log p(x)");
  }

  MyPlugin(const Settings& settings, const DataSpec& data, Builder& build)
      : image_{data.channels(), data.height(), data.width()},
        latent_(settings.integer("latent")),
        encoder_(build.group("vae").scope("encoder"),
                 {data.image().elements(), settings.integer("hidden"), 2 * latent_}),
        decoder_(build.group("vae").scope("decoder"), {latent_, settings.integer("hidden"), data.image().elements()}),
        reconstruction_(build.loss("reconstruction")) {}

  void train_step(Step& step) const override {
    const Tensor loss = mean(negative_elbo(step, step.images()));
    step.minimize("vae", loss);
    step.log("loss", loss);
  }

  void evaluate(Evaluation& evaluation) const override {
    evaluation.add_per_sample("loss", negative_elbo(evaluation, evaluation.images()));
  }

  Tensor sample(Sampling& sampling, int64_t n) const override {  // (n, C, H, W)
    return reconstruction_.image(decode(sampling.normal({n, latent_})));
  }

 private:
  Tensor decode(Tensor z) const { return decoder_(z).reshape({-1, image_[0], image_[1], image_[2]}); }

  Tensor negative_elbo(const Recording& recording, Tensor x) const {  // (B)
    const Tensor code = encoder_(x);                                  // (B, 2 Z)
    const Tensor mean = code.slice(1, 0, latent_), log_variance = code.slice(1, latent_, latent_);
    const Tensor z = mean + exp(0.5 * log_variance) * recording.normal({x.dim(0), latent_});
    const Tensor divergence = 0.5 * sum(square(mean) + exp(log_variance) - log_variance - 1.0, {1});
    return reconstruction_.per_sample(decode(z), x) + divergence;
  }

  std::vector<int64_t> image_;  // C, H, W
  int64_t latent_;
  Mlp encoder_, decoder_;
  Reconstruction reconstruction_;
};

}  // namespace

ATELIER_MODEL("my-plugin", MyPlugin)
