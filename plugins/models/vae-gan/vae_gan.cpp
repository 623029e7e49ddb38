// Larsen et al. 2016, Autoencoding beyond pixels using a learned similarity metric: the decoder of a variational
// autoencoder is the generator of an adversarial game, and the discriminator's hidden layers measure reconstructions.
#include <atelier/model.hpp>
#include <optional>

#include "../common/latent_space.hpp"
#include "networks.hpp"

namespace {

using namespace atelier;

class VaeGan final : public Model {
 public:
  static void describe(Description& d) {
    d.summary = "Variational autoencoder whose decoder is also the generator of an adversarial game.";
    d.reference = "Larsen et al. 2016, Autoencoding beyond pixels using a learned similarity metric";
    d.text("layers", "fully_connected", "kind of all networks' layers").choices({"fully_connected", "convolutional"});
    d.integers("encoder", {512, 256}, "units or channels after each layer; the decoder mirrors them").range(1, 65536);
    d.integers("discriminator", {512, 256}, "units or channels after each layer").range(1, 65536);
    d.integer("latent", 20, "length of the latent vector z").range(1, 65536);
    d.flag("batch_norm", true, "normalize the hidden layers by batch");
    d.flag("sync_batch_norm", false, "normalize over the whole batch where train.shards cuts it");
    d.activation("activation", "relu", "of the hidden layers of all networks");
    d.initialization("glorot_uniform");
    d.text("reconstruction_in", "features", "where images and reconstructions are compared")
        .choices({"features", "pixels"});
    d.integer("feature_layer", 0, "after which hidden layer of the discriminator, from 1; 0 is the last").range(0, 64);
    d.number("beta", 1.0, "weight of the divergence in the encoder's loss").range(0);
    d.number("gamma", 1.0,
             "weight of the reconstruction against the decoder's adversarial loss, the mean of those of both kinds of "
             "fakes; algorithm 1 has their sum, so that gamma there is twice as large")
        .range(0);
    d.flag("separate_generator", false, "samples come from a network of their own, not from the decoder");
    d.loss("adversarial", "adversarial", "non-saturating", "what discriminator and generator play for");
    d.loss("divergence", "divergence", "gaussian-kl", "how far the posterior is from the prior");
    d.measure("loss", Direction::neither, "",
              "divergence and reconstruction; what it is measured by, the discriminator, changes");
    d.measure("divergence", Direction::neither, "loss.divergence", "of the posterior from the prior");
    d.measure("reconstruction", Direction::neither, "",
              "of the decoded image, as the discriminator sees it or in pixels");
    d.measure("pixel_error", Direction::smaller, "", "squared error, summed over the image");
    d.measure("real_score", Direction::neither, "logits", "what the discriminator gives real images, on average");
    d.measure("fake_score", Direction::neither, "logits", "what it gives generated ones");
  }

  VaeGan(const Settings& settings, const DataSpec& data, Builder& build)
      : image_(data.image()),
        latent_(settings.integer("latent")),
        beta_(settings.number("beta")),
        gamma_(settings.number("gamma")),
        in_features_(settings.text("reconstruction_in") == "features"),
        adversarial_(build.loss("adversarial")),
        divergence_(build.loss("divergence")) {
    if (data.channels() == 0) {
      build.fail("the data has no images (C, H, W), which are what this model is of");
      return;
    }
    vae_gan::Shape shape{settings.text("layers") == "convolutional",
                         settings.flag("batch_norm"),
                         settings.flag("sync_batch_norm"),
                         image_.dims,
                         settings.integers("encoder"),
                         latent_,
                         settings.text("activation"),
                         Initializer::named(settings.text("initialization"))};
    encoder_ = vae_gan::Encoder(build.group("encoder"), shape);
    decoder_ = vae_gan::make_decoder(build.group("decoder"), shape);
    if (settings.flag("separate_generator")) {
      generator_ = vae_gan::make_decoder(build.group("generator"), shape);
    }
    shape.widths = settings.integers("discriminator");
    discriminator_ = vae_gan::Discriminator(build.group("discriminator"), shape);
    const int64_t depth = static_cast<int64_t>(shape.widths.size());
    const int64_t layer = settings.integer("feature_layer");
    if (in_features_ && (depth == 0 || layer > depth)) {
      build.fail("model.feature_layer: " + std::to_string(layer) + ", expected one of the discriminator's " +
                 std::to_string(depth) + " layers; hint: model.reconstruction_in = \"pixels\" needs none");
    }
    feature_layer_ = static_cast<size_t>(layer == 0 ? depth : layer);
  }

  // Algorithm 1. All losses are those of the weights before the step.
  void train_step(Step& step) const override {
    const Losses l = losses(step, step.images());
    step.minimize("encoder", l.prior * beta_ + l.likelihood);
    if (generator_) {
      step.minimize("decoder", l.likelihood * gamma_ + l.reconstruction_adversarial);
      step.minimize("generator", l.sample_adversarial);
    } else {
      step.minimize("decoder", l.likelihood * gamma_ + l.generator);
    }
    step.minimize("discriminator", l.discriminator);
    step.log("prior", l.prior);
    step.log("reconstruction", l.likelihood);
    step.log("discriminator_loss", l.discriminator);
    step.log("generator_loss", l.generator);
  }

  void evaluate(Evaluation& evaluation) const override {
    const Tensor x = evaluation.images();
    const auto [mean, log_variance] = encode(x);
    const Tensor decoded = image_of(decoder_(mean + exp(log_variance * 0.5) * noise(evaluation, x.dim(0))));
    const Tensor prior = divergence_.per_sample(mean, log_variance);
    const Tensor reconstruction = negative_log_likelihood(decoded, x);
    evaluation.add_per_sample("loss", prior * beta_ + reconstruction);
    evaluation.add_per_sample("divergence", prior);
    evaluation.add_per_sample("reconstruction", reconstruction);
    evaluation.add_per_sample("pixel_error", sum(square(decoded - x).flatten(), {1}));
    evaluation.add_per_sample("real_score", discriminator_(x).reshape({-1}));
    evaluation.add_per_sample("fake_score", discriminator_(generate(noise(evaluation, x.dim(0)))).reshape({-1}));
  }

  Tensor sample(Sampling& sampling, int64_t n) const override { return generate(noise(sampling, n)); }

  std::vector<std::string> output_names() const override {
    std::vector<std::string> names = latent_space().output_names();
    names.insert(names.end(), {"posterior_mean", "posterior_log_variance"});
    return names;
  }
  Tensor output(Evaluation& evaluation, std::string_view name, int64_t) const override {
    if (name == "path_step") return latent_space().output(evaluation, name);
    const Posterior posterior = encode(evaluation.images());
    return name == "posterior_mean" ? posterior.mean : posterior.log_variance;
  }

  std::vector<View> views() const override { return latent_space().views(); }
  Tensor view(Sampling& sampling, std::string_view name, int64_t n) const override {
    return latent_space().view(sampling, name, n);
  }

 private:
  struct Posterior {
    Tensor mean, log_variance;  // (B, latent)
  };
  struct Losses {  // as in algorithm 1; all of them to be minimized
    Tensor prior, likelihood;
    Tensor reconstruction_adversarial, sample_adversarial;  // of what makes each kind of fakes
    Tensor generator, discriminator;
  };

  // The two kinds of fakes weigh half each, so that real and fake images weigh the same in any adversarial loss.
  Losses losses(Step& step, Tensor x) const {
    const auto [mean, log_variance] = encode(x);
    const Tensor decoded = image_of(decoder_(mean + exp(log_variance * 0.5) * noise(step, x.dim(0))));
    const Tensor sampled = generate(noise(step, x.dim(0)));
    Losses l;
    l.prior = divergence_(mean, log_variance);
    l.likelihood = atelier::mean(negative_log_likelihood(decoded, x));
    l.reconstruction_adversarial = adversarial_.generator(discriminator_, decoded);
    l.sample_adversarial = adversarial_.generator(discriminator_, sampled);
    l.generator = 0.5 * (l.reconstruction_adversarial + l.sample_adversarial);
    const Tensor of_decoded = adversarial_.discriminator(discriminator_, x, decoded.detach());
    const Tensor of_sampled = adversarial_.discriminator(discriminator_, x, sampled.detach());
    l.discriminator = 0.5 * (of_decoded + of_sampled);
    return l;
  }

  [[nodiscard]] LatentSpace latent_space() const {
    return {.length = latent_,
            .decode = [this](Tensor z, Tensor) { return image_of(decoder_(z)); },
            .draw = [this](const Sampling& sampling, int64_t n) { return noise(sampling, n); },
            .encode = [this](const Sampling&, Tensor x, Tensor) { return encode(x).mean; },
            .generate = [this](Tensor z, Tensor) { return generate(z); }};
  }
  [[nodiscard]] Posterior encode(Tensor x) const {
    const Tensor both = encoder_(x);
    return {both.slice(1, 0, latent_), both.slice(1, latent_, latent_)};
  }
  [[nodiscard]] Tensor noise(const Recording& recording, int64_t n) const { return recording.normal({n, latent_}); }
  [[nodiscard]] Tensor generate(Tensor z) const { return image_of((generator_ ? *generator_ : decoder_)(z)); }
  // A raw output squashed into the images' range.
  [[nodiscard]] Tensor image_of(Tensor raw) const { return sigmoid(raw) * (image_.high - image_.low) + image_.low; }

  // -log N(Dis_l(x); Dis_l(decoded), I) (equation 7), or the same of the pixels, up to a constant. (B)
  [[nodiscard]] Tensor negative_log_likelihood(Tensor decoded, Tensor x) const {
    Tensor seen = x;
    Tensor made = decoded;
    if (in_features_) {
      seen = discriminator_.features(x, feature_layer_);
      made = discriminator_.features(decoded, feature_layer_);
    }
    const Tensor difference = seen - made;
    return 0.5 * sum(square(difference.flatten()), {1});
  }

  Field image_;
  int64_t latent_;
  double beta_, gamma_;
  bool in_features_;
  size_t feature_layer_ = 0;
  Adversarial adversarial_;
  Divergence divergence_;
  vae_gan::Encoder encoder_;
  Sequential decoder_;
  std::optional<Sequential> generator_;
  vae_gan::Discriminator discriminator_;
};

}  // namespace

ATELIER_MODEL("vae-gan", VaeGan)
