// Kingma & Welling 2014, Auto-Encoding Variational Bayes, and what followed: β (Higgins et al. 2017), free bits (Kingma
// et al. 2016), the importance-weighted bound (Burda et al. 2016), the label as condition (Sohn et al. 2015).
#include <atelier/model.hpp>
#include <optional>

#include "../common/latent_space.hpp"
#include "bound.hpp"
#include "networks.hpp"

namespace {

using namespace atelier;

class Vae final : public Model {
 public:
  static void describe(Description& d) {
    d.summary = "Variational autoencoder with a Gaussian posterior.";
    d.reference =
        "Kingma & Welling 2014, Auto-Encoding Variational Bayes; beta: Higgins et al. 2017; free_bits: Kingma et al. "
        "2016, Improved Variational Inference with Inverse Autoregressive Flow, eq. 15; samples: Burda et al. 2016, "
        "Importance Weighted Autoencoders, eq. 8; conditional: Sohn et al. 2015";
    d.integer("latent", 20, "length of the latent vector z").range(1, 65536);
    vae::describe_networks(d);
    d.flag("latent_batch_norm", false, "normalize z by batch where it enters the decoder");
    d.number("latent_dropout", 0.0, "rate at which elements of z are dropped where it enters the decoder")
        .range(0, 0.95);
    Condition::describe(d);
    d.number("beta", 1.0, "weight of the divergence").range(0);
    d.integer("beta_warmup", 0, "steps over which beta grows from 0").range(0);
    d.number("free_bits", 0.0, "nats that each latent dimension's divergence, averaged over the batch, has for free")
        .range(0);
    d.integer("samples", 1, "draws k of z for each image; what they are for, bound says").range(1, 10000);
    d.text(
         "bound", "importance-weighted",
         "what training raises: the log of the mean of k importance weights, or the plain ELBO, its reconstruction the "
         "mean of k draws; for k = 1 the ELBO")
        .choices({"importance-weighted", "plain"});
    d.loss("reconstruction", "reconstruction", "bce", "how far the decoded image is from the original");
    d.loss("divergence", "divergence", "gaussian-kl", "how far the posterior is from the prior");
    d.measure("loss", Direction::smaller, "loss.reconstruction",
              "what training makes smaller, without free bits and warm-up, the mean over the images");
    d.measure("elbo", Direction::larger, "loss.reconstruction", "the evidence lower bound, with beta 1");
    d.measure("reconstruction", Direction::smaller, "loss.reconstruction", "of the decoded image and the original");
    d.measure("divergence", Direction::neither, "loss.divergence",
              "of the posterior from the prior; near 0 it tells nothing of the image");
    d.measure("iwae_bound", Direction::larger, "loss.reconstruction",
              "the importance-weighted bound of log p(x), of several draws");
  }

  Vae(const Settings& settings, const DataSpec& data, Builder& build)
      : latent_(settings.integer("latent")),
        condition_(settings, data, build),
        samples_(settings.integer("samples")),
        weighted_(samples_ > 1 && settings.text("bound") == "importance-weighted"),
        beta_(settings.number("beta")),
        beta_warmup_(settings.integer("beta_warmup")),
        free_bits_(settings.number("free_bits")),
        reconstruction_(build.loss("reconstruction")),
        divergence_(build.loss("divergence")),
        latent_dropout_(settings.number("latent_dropout")) {
    if (weighted_ && free_bits_ > 0) {
      build.fail("model.free_bits: with model.samples = " + std::to_string(samples_) +
                 "; the importance-weighted bound has no divergence that could be free, expected 0, or model.bound = "
                 "\"plain\"");
    }
    const Builder group = build.group("autoencoder");
    const Builder decoder = group.scope("decoder");
    encoder_ = vae::Encoder(settings, data, group.scope("encoder"), condition_, 2 * latent_);
    if (settings.flag("latent_batch_norm")) {
      latent_norm_.emplace(group.scope("latent.norm"), latent_);
    }
    decoder_condition_ =
        ConditionInput(decoder.scope("condition"), condition_, vae::hidden_options(settings).initializer);
    decoder_ = vae::make_decoder(settings, data, decoder, latent_ + decoder_condition_.length());
  }

  void train_step(Step& step) const override {
    const vae::Terms terms = terms_of(step, samples_);
    const double beta = beta_at(step);
    const Tensor loss =
        weighted_ ? -mean(importance_weighted(terms, beta))
                  : mean(terms.reconstruction) + beyond_free_bits(divergence_, terms.posterior, free_bits_) * beta;
    step.minimize("autoencoder", loss);
    condition_.remember(step, terms.condition);
    step.log("loss", loss);
    step.log("reconstruction", mean(terms.reconstruction));
    step.log("divergence", mean(terms.divergence));
  }

  // "elbo" estimates one bound, however many draws there are. The loss is without free bits, which depend on the batch.
  void evaluate(Evaluation& evaluation) const override {
    const vae::Terms terms = terms_of(evaluation, samples_);
    const Tensor reconstruction = mean(terms.reconstruction, {1});
    evaluation.add_per_sample(
        "loss", weighted_ ? -importance_weighted(terms, beta_) : reconstruction + terms.divergence * beta_);
    evaluation.add_per_sample("elbo", elbo(terms));
    evaluation.add_per_sample("reconstruction", reconstruction);
    evaluation.add_per_sample("divergence", terms.divergence);
    if (samples_ > 1) {
      evaluation.add_per_sample("iwae_bound", importance_weighted(terms));
    }
  }

  Tensor sample(Sampling& sampling, int64_t n) const override {
    const Tensor z = sampling.normal({n, latent_});
    return reconstruction_.image(decode(z, condition_.draw(sampling, n)));
  }

  // In nats where the reconstruction loss is a negative log-likelihood, as bce is.
  [[nodiscard]] std::vector<std::string> output_names() const override {
    std::vector<std::string> names{"posterior_mean", "posterior_log_variance", "reconstruction",
                                   "divergence",     "log_importance_weights", "log_likelihood"};
    const std::vector<std::string> of_latents = latent_space().output_names();
    names.insert(names.end(), of_latents.begin(), of_latents.end());
    return names;
  }
  Tensor output(Evaluation& evaluation, std::string_view name, int64_t draws) const override {
    if (name == "path_step" || name == "conditional_samples") return latent_space().output(evaluation, name);
    const vae::Terms terms = terms_of(evaluation, name == "log_importance_weights" ? draws : samples_);
    if (name == "posterior_mean") return terms.posterior.mean;
    if (name == "posterior_log_variance") return terms.posterior.log_variance;
    if (name == "reconstruction") return mean(terms.reconstruction, {1});
    if (name == "divergence") return terms.divergence;
    if (name == "log_importance_weights") return terms.log_prior_ratio - terms.reconstruction;
    if (name == "log_likelihood") return samples_ > 1 ? importance_weighted(terms) : elbo(terms);
    return Model::output(evaluation, name, draws);
  }

  [[nodiscard]] std::vector<View> views() const override { return latent_space().views(); }
  Tensor view(Sampling& sampling, std::string_view name, int64_t n) const override {
    return latent_space().view(sampling, name, n);
  }

 private:
  [[nodiscard]] LatentSpace latent_space() const {
    return {.length = latent_,
            .decode = [this](Tensor z, Tensor y) { return reconstruction_.image(decode(z, y)); },
            .draw =
                [this](const Sampling& sampling, int64_t n) {
                  return sampling.normal({n, latent_});
                },
            .encode = [this](const Sampling& sampling, Tensor x, Tensor y) { return encode(sampling, x, y).mean; },
            .condition = &condition_};
  }

  vae::Terms terms_of(const Batch& batch, int64_t k) const {
    const Tensor x = batch.images();  // (B, C, H, W)
    const Tensor y = condition_.of(batch);
    const vae::Posterior q = encode(batch, x, y);
    const vae::Draws draws = vae::draw(batch, q, k);
    const Tensor decoded = decode(draws.z.reshape({-1, latent_}), repeat_condition(y, k));  // (B k, C, H, W)
    const Tensor reconstruction = reconstruction_.per_sample(decoded, repeat(x, k)).reshape({-1, k});
    return {y, q, reconstruction, vae::log_prior_ratio(q, draws), divergence_.per_sample(q.mean, q.log_variance)};
  }

  vae::Posterior encode(const Recording& recording, Tensor x, Tensor y) const {
    const Tensor both = encoder_(recording, x, y);
    return {both.slice(1, 0, latent_), both.slice(1, latent_, latent_)};
  }
  [[nodiscard]] Tensor decode(Tensor z, Tensor y) const {  // (n, latent) to a raw output, (n, C, H, W)
    const Tensor h = latent_dropout_(latent_norm_ ? (*latent_norm_)(z) : z);
    return decoder_(decoder_condition_(h, y));
  }

  [[nodiscard]] double beta_at(const Step& step) const {
    return beta_warmup_ == 0
               ? beta_
               : beta_ * std::min(1.0, static_cast<double>(step.step()) / static_cast<double>(beta_warmup_));
  }

  int64_t latent_;
  Condition condition_;
  int64_t samples_;  // k
  bool weighted_;    // training raises the importance-weighted bound
  double beta_;
  int64_t beta_warmup_;
  double free_bits_;  // λ
  Reconstruction reconstruction_;
  Divergence divergence_;
  Dropout latent_dropout_;
  std::optional<BatchNorm> latent_norm_;
  vae::Encoder encoder_;
  ConditionInput decoder_condition_;
  Sequential decoder_;
};

}  // namespace

ATELIER_MODEL("vae", Vae)
