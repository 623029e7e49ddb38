// Kingma & Welling 2014, Auto-Encoding Variational Bayes; β as in Higgins et al. 2017.
#include <atelier/model.hpp>
#include <functional>

#include "convolutional.hpp"

namespace {

using namespace atelier;

class Vae final : public Model {
 public:
  static void describe(Description& d) {
    d.summary = "Variational autoencoder with a Gaussian posterior.";
    d.reference = "Kingma & Welling 2014, Auto-Encoding Variational Bayes; beta: Higgins et al. 2017";
    d.text("encoder", "fully_connected", "kind of the encoder's layers; the decoder mirrors them")
        .choices({"fully_connected", "convolutional"});
    d.integers("hidden", {512, 256}, "widths of a fully connected encoder's hidden layers").range(1, 65536);
    d.integers("filters", {32, 64, 128}, "channels after each layer of a convolutional encoder").range(1, 65536);
    d.integer("latent", 20, "length of the latent vector z").range(1, 65536);
    d.activation("activation", "relu", "of the hidden layers");
    d.initialization("glorot_uniform");
    d.flag("batch_norm", false, "normalize the hidden layers by batch");
    d.number("dropout", 0.0, "rate at which hidden units are dropped").range(0, 0.95);
    d.number("beta", 1.0, "weight of the divergence").range(0);
    d.integer("beta_warmup", 0, "steps over which beta grows from 0").range(0);
    d.loss("reconstruction", "reconstruction", "bce", "how far the decoded image is from the original");
    d.loss("divergence", "divergence", "gaussian-kl", "how far the posterior is from the prior");
  }

  Vae(const Settings& settings, const DataSpec& data, Builder& build)
      : image_{data.channels(), data.height(), data.width()},
        latent_(settings.integer("latent")),
        beta_(settings.number("beta")),
        beta_warmup_(settings.integer("beta_warmup")),
        reconstruction_(build.loss("reconstruction")),
        divergence_(build.loss("divergence")) {
    const Builder group = build.group("autoencoder");
    const MlpOptions options{settings.text("activation"), "none", Initializer::named(settings.text("initialization")),
                             settings.flag("batch_norm"), settings.number("dropout")};
    if (settings.text("encoder") == "convolutional") {
      const std::vector<int64_t> filters = settings.integers("filters");
      encoder_ = vae::ConvolutionalEncoder(group.scope("encoder"), image_, filters, 2 * latent_, options);
      decoder_ = vae::ConvolutionalDecoder(group.scope("decoder"), latent_, filters, image_, options);
      return;
    }
    std::vector<int64_t> widths = settings.integers("hidden");
    widths.insert(widths.begin(), data.image().elements());
    widths.push_back(2 * latent_);
    const Mlp encoder(group.scope("encoder"), widths, options);
    encoder_ = [encoder](Tensor x) { return encoder(x); };
    widths.back() = latent_;
    const Mlp decoder(group.scope("decoder"), {widths.rbegin(), widths.rend()}, options);
    decoder_ = [decoder, this](Tensor z) { return decoder(z).reshape({-1, image_[0], image_[1], image_[2]}); };
  }

  void train_step(Step& step) override {
    const Tensor x = step.images();  // (B, C, H, W)
    const auto [mean, log_variance] = encode(x);
    const Tensor epsilon = step.normal({x.dim(0), latent_});
    const Tensor z = mean + exp(log_variance * 0.5) * epsilon;  // the reparameterization trick
    const Tensor reconstruction = reconstruction_(decoder_(z), x);
    const Tensor divergence = divergence_(mean, log_variance);
    const Tensor loss = reconstruction + divergence * beta(step);
    step.minimize("autoencoder", loss);
    step.log("loss", loss);
    step.log("reconstruction", reconstruction);
    step.log("divergence", divergence);
  }

  void evaluate(Evaluation& evaluation) override {
    const Tensor x = evaluation.images();
    const auto [mean, log_variance] = encode(x);
    const Tensor z = mean + exp(log_variance * 0.5) * evaluation.normal({x.dim(0), latent_});
    const Tensor reconstruction = reconstruction_.per_sample(decoder_(z), x);
    const Tensor divergence = divergence_.per_sample(mean, log_variance);
    evaluation.add_per_sample("loss", reconstruction + divergence * beta_);
    evaluation.add_per_sample("elbo", -(reconstruction + divergence));
    evaluation.add_per_sample("reconstruction", reconstruction);
    evaluation.add_per_sample("divergence", divergence);
  }

  Tensor sample(Sampling& sampling, int64_t n) override {
    return reconstruction_.image(decoder_(sampling.normal({n, latent_})));
  }

 private:
  struct Posterior {
    Tensor mean, log_variance;  // (B, latent)
  };

  Posterior encode(Tensor x) const {
    const Tensor both = encoder_(x);
    return {both.slice(1, 0, latent_), both.slice(1, latent_, latent_)};
  }

  double beta(const Step& step) const {
    return beta_warmup_ == 0
               ? beta_
               : beta_ * std::min(1.0, static_cast<double>(step.step()) / static_cast<double>(beta_warmup_));
  }

  std::vector<int64_t> image_;  // C, H, W
  int64_t latent_;
  double beta_;
  int64_t beta_warmup_;
  Reconstruction reconstruction_;
  Divergence divergence_;
  std::function<Tensor(Tensor)> encoder_;  // images to (B, 2 latent)
  std::function<Tensor(Tensor)> decoder_;  // (B, latent) to a raw output, (B, C, H, W)
};

}  // namespace

ATELIER_MODEL("vae", Vae)
