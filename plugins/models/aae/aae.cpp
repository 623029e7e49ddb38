// Makhzani et al. 2016, Adversarial Autoencoders: an autoencoder whose latent vectors are made to look like draws from
// a prior by a discriminator that sees latent vectors.
#include <atelier/model.hpp>
#include <numbers>

#include "../common/latent_space.hpp"

namespace {

using namespace atelier;

class Aae final : public Model {
 public:
  static void describe(Description& d) {
    d.summary = "Autoencoder whose latent vectors a discriminator cannot tell from draws from a prior.";
    d.reference = "Makhzani et al. 2016, Adversarial Autoencoders";
    d.integers("hidden", {512, 256}, "widths of the encoder's hidden layers; the decoder mirrors them").range(1, 65536);
    d.integers("discriminator", {256, 128}, "widths of the discriminator's hidden layers").range(1, 65536);
    d.integer("latent", 8, "length of the latent vector z").range(1, 65536);
    d.text("prior", "gaussian", "what z is to look like: N(0, I), or ten narrow Gaussians around a circle (latent = 2)")
        .choices({"gaussian", "mixture"});
    d.number("regularization", 1.0, "weight of the encoder's adversarial loss").range(0);
    d.activation("activation", "relu", "of the hidden layers");
    d.initialization("glorot_uniform");
    d.flag("batch_norm", false, "normalize the autoencoder's hidden layers by batch");
    d.flag("sync_batch_norm", false, "normalize over the whole batch where train.shards cuts it");
    d.loss("reconstruction", "reconstruction", "bce", "how far the decoded image is from the original");
    d.loss("adversarial", "adversarial", "non-saturating", "what discriminator and encoder play for");
    d.measure("loss", Direction::smaller, "loss.reconstruction", "the reconstruction, the mean over the images");
    d.measure("real_score", Direction::neither, "logits",
              "what the discriminator gives draws from the prior, on average");
    d.measure("fake_score", Direction::neither, "logits", "what it gives encoded images");
    d.measure("latent_square", Direction::neither, "", "the mean square of the latents; 1 for the Gaussian prior");
  }

  Aae(const Settings& settings, const DataSpec& data, Builder& build)
      : image_(data.image().dims),
        latent_(settings.integer("latent")),
        mixture_(settings.text("prior") == "mixture"),
        regularization_(settings.number("regularization")),
        reconstruction_(build.loss("reconstruction")),
        adversarial_(build.loss("adversarial")) {
    if (data.channels() == 0) {
      build.fail("the data has no images (C, H, W), which are what this model is of");
      return;
    }
    if (mixture_ && latent_ != 2) {
      build.fail("model.latent: " + std::to_string(latent_) + ", expected 2 where model.prior is \"mixture\"");
    }
    MlpOptions options{settings.text("activation"), "none", Initializer::named(settings.text("initialization"))};
    std::vector<int64_t> judging = settings.integers("discriminator");
    judging.insert(judging.begin(), latent_);
    judging.push_back(1);
    discriminator_ = Mlp(build.group("discriminator"), judging, options);
    options.batch_norm = settings.flag("batch_norm");
    options.sync_batch_norm = settings.flag("sync_batch_norm");
    std::vector<int64_t> widths = settings.integers("hidden");
    widths.insert(widths.begin(), data.image().elements());
    widths.push_back(latent_);
    encoder_ = Mlp(build.group("encoder"), widths, options);
    decoder_ = Mlp(build.group("decoder"), {widths.rbegin(), widths.rend()}, options);
  }

  // Section 2: two phases on each batch.
  void train_step(Step& step) const override {
    const Tensor x = step.images();
    const Tensor reconstruction = reconstruction_(decode(encoder_(x)), x);
    step.minimize("encoder", reconstruction);
    step.minimize("decoder", reconstruction);

    const Tensor z = encoder_(x);  // what the discriminator takes for fakes
    const Tensor discriminator_loss = adversarial_.discriminator(discriminator_, prior(step, x.dim(0)), z.detach());
    step.minimize("discriminator", discriminator_loss);
    const Tensor encoder_loss = adversarial_.generator(discriminator_, z);
    step.minimize("encoder", encoder_loss * regularization_);
    step.log("loss", reconstruction);
    step.log("discriminator_loss", discriminator_loss);
    step.log("encoder_loss", encoder_loss);
  }

  void evaluate(Evaluation& evaluation) const override {
    const Tensor x = evaluation.images();
    const Tensor z = encoder_(x);
    evaluation.add_per_sample("loss", reconstruction_.per_sample(decode(z), x));
    evaluation.add_per_sample("real_score", discriminator_(prior(evaluation, x.dim(0))).reshape({-1}));
    evaluation.add_per_sample("fake_score", discriminator_(z).reshape({-1}));
    evaluation.add_per_sample("latent_square", mean(square(z), {1}));
  }

  Tensor sample(Sampling& sampling, int64_t n) const override {
    return reconstruction_.image(decode(prior(sampling, n)));
  }

  std::vector<std::string> output_names() const override {
    std::vector<std::string> names = latent_space().output_names();
    names.emplace_back("posterior_mean");
    return names;
  }
  Tensor output(Evaluation& evaluation, std::string_view name, int64_t) const override {
    return name == "posterior_mean" ? encoder_(evaluation.images()) : latent_space().output(evaluation, name);
  }

  std::vector<View> views() const override { return latent_space().views(); }
  Tensor view(Sampling& sampling, std::string_view name, int64_t n) const override {
    return latent_space().view(sampling, name, n);
  }

 private:
  [[nodiscard]] LatentSpace latent_space() const {
    return {.length = latent_,
            .decode = [this](Tensor z, Tensor) { return reconstruction_.image(decode(z)); },
            .draw = [this](const Sampling& sampling, int64_t n) { return prior(sampling, n); },
            .encode = [this](const Sampling&, Tensor x, Tensor) { return encoder_(x); },
            .normal = !mixture_};
  }
  [[nodiscard]] Tensor decode(Tensor z) const { return decoder_(z).reshape({-1, image_[0], image_[1], image_[2]}); }

  // (n, latent). The mixture's components lie with their long sides towards the middle, as in figure 4.
  [[nodiscard]] Tensor prior(const Recording& recording, int64_t n) const {
    const Tensor normal = recording.normal({n, latent_});
    if (!mixture_) {
      return normal;
    }
    constexpr int components = 10;
    const Tensor angle = floor(recording.uniform({n, 1}) * components) * (2 * std::numbers::pi / components);
    const Tensor along = 4.0 + normal.slice(1, 0, 1);
    const Tensor across = 0.25 * normal.slice(1, 1, 1);
    return concatenate({along * cos(angle) - across * sin(angle), along * sin(angle) + across * cos(angle)}, 1);
  }

  std::vector<int64_t> image_;  // C, H, W
  int64_t latent_;
  bool mixture_;
  double regularization_;
  Reconstruction reconstruction_;
  Adversarial adversarial_;
  Mlp encoder_, decoder_, discriminator_;
};

}  // namespace

ATELIER_MODEL("aae", Aae)
