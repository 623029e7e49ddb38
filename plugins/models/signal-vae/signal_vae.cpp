// Kingma & Welling 2014, Auto-Encoding Variational Bayes, on signals: encoder and decoder slide over time.
#include <atelier/model.hpp>

#include "../common/latent_space.hpp"

namespace {

using namespace atelier;

constexpr int64_t kernel = 4;  // with a stride of 2 and a border of 1 it halves, and its transpose doubles

class SignalVae final : public Model {
 public:
  static void describe(Description& d) {
    d.summary = "Variational autoencoder of signals, convolutional over time.";
    d.reference = "Kingma & Welling 2014, Auto-Encoding Variational Bayes; beta: Higgins et al. 2017";
    d.integer("latent", 8, "length of the latent vector z").range(1, 65536);
    d.integers("filters", {16, 32, 32}, "channels after each halving of the signal, in the decoder the other way round")
        .range(1, 65536);
    d.number("beta", 1.0, "weight of the divergence").range(0);
    d.activation("activation", "relu", "of all layers but the last");
    d.initialization("glorot_uniform");
    d.loss("reconstruction", "reconstruction", "mse", "how far the decoded signal is from the original");
    d.loss("divergence", "divergence", "gaussian-kl", "how far the posterior is from the prior");
    d.measure("loss", Direction::smaller, "loss.reconstruction",
              "what training makes smaller, the mean over the signals");
    d.measure("reconstruction", Direction::smaller, "loss.reconstruction", "of the decoded signal and the original");
    d.measure("divergence", Direction::neither, "loss.divergence", "of the posterior from the prior");
  }

  SignalVae(const Settings& settings, const DataSpec& data, Builder& build)
      : latent_(settings.integer("latent")),
        beta_(settings.number("beta")),
        activation_(settings.text("activation")),
        reconstruction_(build.loss("reconstruction")),
        divergence_(build.loss("divergence")) {
    const std::vector<int64_t> filters = settings.integers("filters");
    const Field* signal = data.find("signal");
    const int64_t halving = int64_t{1} << filters.size();
    if (signal == nullptr || signal->dims.size() != 2 || signal->dims[1] % halving != 0) {
      build.fail("needs a field 'signal' (C, T) with T a multiple of " + std::to_string(halving) +
                 ", which the data has not; hint: dataset.use = \"signals\", or other model.filters");
      return;
    }
    const Initializer initializer = Initializer::named(settings.text("initialization"));
    const Builder group = build.group("autoencoder");
    const Convolution1d halves{.stride = 2, .padding = 1};
    halving_ = Sequential(group);
    std::vector<int64_t> channels{signal->dims[0]};
    channels.insert(channels.end(), filters.begin(), filters.end());
    for (size_t i = 0; i < filters.size(); ++i) {
      const std::string name = std::to_string(i);
      halving_.add_named<Conv1d>("halving." + name, channels[i], channels[i + 1], kernel, halves, initializer);
      halving_.activate(activation_);
      doubling_.emplace_back(group.scope("doubling").scope(name), channels[i + 1], channels[i], kernel, halves,
                             initializer);
    }
    deepest_ = {channels.back(), signal->dims[1] / halving};
    const int64_t features = deepest_[0] * deepest_[1];
    posterior_ = Linear(group.scope("posterior"), features, 2 * latent_, initializer);
    first_ = Linear(group.scope("first"), latent_, features, initializer);
  }

  void train_step(Step& step) const override {
    const Terms terms = terms_of(step);
    const Tensor loss = mean(terms.reconstruction) + mean(terms.divergence) * beta_;
    step.minimize("autoencoder", loss);
    step.log("loss", loss);
    step.log("reconstruction", mean(terms.reconstruction));
    step.log("divergence", mean(terms.divergence));
  }

  void evaluate(Evaluation& evaluation) const override {
    const Terms terms = terms_of(evaluation);
    evaluation.add_per_sample("loss", terms.reconstruction + terms.divergence * beta_);
    evaluation.add_per_sample("reconstruction", terms.reconstruction);
    evaluation.add_per_sample("divergence", terms.divergence);
  }

  [[nodiscard]] std::string sampled_field() const override { return "signal"; }
  Tensor sample(Sampling& sampling, int64_t n) const override {
    return reconstruction_.image(decode(sampling.normal({n, latent_})));
  }

  [[nodiscard]] std::vector<View> views() const override { return latent_space().views(); }
  Tensor view(Sampling& sampling, std::string_view name, int64_t n) const override {
    return latent_space().view(sampling, name, n);
  }

 private:
  struct Terms {
    Tensor reconstruction, divergence;  // (B)
  };

  [[nodiscard]] LatentSpace latent_space() const {
    return {.length = latent_,
            .decode = [this](Tensor z, Tensor) { return reconstruction_.image(decode(z)); },
            .draw =
                [this](const Sampling& sampling, int64_t n) {
                  return sampling.normal({n, latent_});
                },
            .encode = [this](const Sampling&, Tensor x, Tensor) { return encode(x).slice(1, 0, latent_); },
            .field = "signal",
            .steps = 5};
  }
  [[nodiscard]] Terms terms_of(const Batch& batch) const {
    const Tensor x = batch.data("signal");  // (B, C, T)
    const Tensor both = encode(x);
    const Tensor mean = both.slice(1, 0, latent_), log_variance = both.slice(1, latent_, latent_);
    const Tensor z = mean + exp(log_variance * 0.5) * batch.normal({mean.dim(0), latent_});
    return {reconstruction_.per_sample(decode(z), x), divergence_.per_sample(mean, log_variance)};
  }

  // (B, C, T) to the mean and the logarithm of the variance of q(z | x), (B, 2 latent)
  [[nodiscard]] Tensor encode(Tensor x) const { return posterior_(halving_(x).flatten()); }
  // (B, latent) to a raw output, (B, C, T)
  [[nodiscard]] Tensor decode(Tensor z) const {
    Tensor h = first_(z).reshape({-1, deepest_[0], deepest_[1]});
    for (size_t i = doubling_.size(); i-- > 0;) {
      h = doubling_[i](activate(activation_, h));
    }
    return h;
  }

  int64_t latent_;
  double beta_;
  std::string activation_;
  Reconstruction reconstruction_;
  Divergence divergence_;
  Sequential halving_;
  std::vector<ConvTranspose1d> doubling_;
  std::vector<int64_t> deepest_;  // channels and times after the last halving
  Linear posterior_, first_;
};

}  // namespace

ATELIER_MODEL("signal-vae", SignalVae)
