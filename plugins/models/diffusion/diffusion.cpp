// Ho, Jain & Abbeel 2020, Denoising Diffusion Probabilistic Models: a network that tells the noise from the image
// learns by equation 14; images come of noise alone by taking it away step by step.
#include <atelier/model.hpp>

#include "../common/latent_space.hpp"
#include "sampler.hpp"

namespace {

using namespace atelier;

class Diffusion final : public Model {
 public:
  static void describe(Description& d) {
    d.summary =
        "Denoising diffusion: a U-Net learns to take noise away from images, until noise alone is one; in [-1, 1].";
    d.reference =
        "Ho et al. 2020, Denoising Diffusion Probabilistic Models; cosine: Nichol & Dhariwal 2021, Improved Denoising "
        "Diffusion Probabilistic Models; eta, sampling_steps: Song et al. 2021, Denoising Diffusion Implicit Models; "
        "guidance: Ho & Salimans 2022, Classifier-Free Diffusion Guidance";
    d.integer("steps", 1000, "T, in which an image becomes noise").range(2, 10000);
    d.text("schedule", "linear", "of how much noise a step adds").choices({"linear", "cosine"});
    d.number("first_beta", 1e-4, "of the linear schedule: noise of step 1, as for 1,000 steps").above(0).below(1);
    d.number("last_beta", 0.02, "of the linear schedule: noise of step T, as for 1,000 steps").above(0).below(1);
    d.integer("sampling_steps", 50, "in which noise becomes an image, no more than T; 0: all T").range(0, 10000);
    d.number("eta", 0.0, "noise that sampling adds again: 1 as in ancestral sampling, 0 none (DDIM)").range(0, 1);
    d.integers("channels", {32, 64, 64}, "of the network's levels, each of half the last one's height and width")
        .range(1, 65536);
    d.integer("blocks", 1, "residual blocks of a level, on the way down and up").range(1, 64);
    d.integer("groups", 8, "that the channels are normalized in").range(1, 65536);
    d.integer("heads", 4, "of the attention at the smallest images; 0: there is none").range(0, 65536);
    d.number("dropout", 0.0, "rate within a block").range(0, 0.95);
    d.integer("levels", 256, "values that a pixel can have, for bits_per_dimension").range(2, 65536);
    d.integer("evaluation_draws", 4, "steps t of each image in an evaluation, one from each of so many parts of T")
        .range(1, 10000);
    Condition::describe(d);
    d.number("condition_dropout", 0.0, "rate at which training leaves the condition out, for guidance").range(0, 0.95);
    d.number("guidance", 0.0, "w: sampling goes so much farther than from no condition to the condition").range(0);
    d.measure("loss", Direction::smaller, "", "squared error of the noise, the mean over pixels and steps");
    d.measure("bits_per_dimension", Direction::smaller, "bits/dim",
              "upper bound of -log p(x), of sampling with all steps and eta 1, for each value of an image");
  }

  Diffusion(const Settings& settings, const DataSpec& data, Builder& build)
      : image_(data.image()),
        process_(settings.integer("steps"), settings.text("schedule") == "cosine", settings.number("first_beta"),
                 settings.number("last_beta"), settings.integer("levels")),
        sampling_steps_(settings.integer("sampling_steps") == 0 ? process_.steps()
                                                                : settings.integer("sampling_steps")),
        draws_(settings.integer("evaluation_draws")),
        eta_(settings.number("eta")),
        condition_dropout_(settings.number("condition_dropout")),
        guidance_(settings.number("guidance")),
        condition_(settings, data, build) {
    const diffusion::Shape shape{settings.integers("channels"), data.channels(),           settings.integer("blocks"),
                                 settings.integer("groups"),    settings.integer("heads"), settings.number("dropout")};
    if (!shape.fits(data, build)) {
      return;
    }
    if (image_.low != -1 || image_.high != 1) {
      build.fail("dataset.range: noise takes the place of values in [-1, 1]; hint: set dataset.range = [-1.0, 1.0]");
    }
    if (sampling_steps_ > process_.steps()) {
      build.fail("model.sampling_steps: " + std::to_string(sampling_steps_) + ", expected no more than model.steps, " +
                 std::to_string(process_.steps()) + "; hint: 0 takes all of them");
    }
    if (guidance_ > 0 && (condition_.length() == 0 || condition_dropout_ == 0)) {
      build.fail("model.guidance: needs model.conditional and model.condition_dropout, expected 0 without them");
    }
    network_ = diffusion::Network(build.group("network"), shape, condition_);
  }

  // Algorithm 1.
  void train_step(Step& step) const override {
    const Tensor y = condition_.of(step);
    const diffusion::Noised drawn = process_.noised(step, step.images());
    const bool drops = condition_dropout_ > 0 && y.handle() != 0;
    const Tensor seen = drops ? y * bernoulli(step.full({y.dim(0), 1}, 1 - condition_dropout_)) : y;
    const Tensor loss = mean(square(drawn.noise - network_(drawn.x, to_real(drawn.t), seen)));
    step.minimize("network", loss);
    condition_.remember(step, y);
    step.log("loss", loss);
  }

  void evaluate(Evaluation& evaluation) const override {
    const Terms terms = terms_of(evaluation);
    evaluation.add_per_sample("loss", terms.error);
    evaluation.add_per_sample("bits_per_dimension",
                              terms.nats * (1.0 / (static_cast<double>(image_.elements()) * std::numbers::ln2)));
  }

  [[nodiscard]] std::vector<std::string> output_names() const override { return {"log_likelihood"}; }
  Tensor output(Evaluation& evaluation, std::string_view, int64_t) const override { return -terms_of(evaluation).nats; }

  Tensor sample(Sampling& sampling, int64_t n) const override {
    const Tensor noise = draw(sampling, n);
    return sampler(eta_)(sampling, noise, condition_.draw(sampling, n));
  }

  [[nodiscard]] std::vector<View> views() const override {
    std::vector<View> out = latent_space(nullptr).views();
    std::erase_if(out, [](const View& view) { return view.name == "traversal"; });  // one pixel of noise tells nothing
    out.push_back({.name = "denoising", .help = "how samples come of noise"});
    return out;
  }
  Tensor view(Sampling& sampling, std::string_view name, int64_t n) const override {
    if (name != "denoising") {
      return latent_space(&sampling).view(sampling, name, n);
    }
    std::vector<Tensor> chain;
    const Tensor noise = draw(sampling, n);
    sampler(eta_)(sampling, noise, condition_.draw(sampling, n), &chain);
    return strips(chain);
  }

 private:
  struct Terms {
    Tensor error, nats;  // (B)
  };

  // The bound of equation 5, its sum over the steps estimated by those that are drawn.
  [[nodiscard]] Terms terms_of(const Evaluation& evaluation) const {
    const Tensor x = evaluation.images(), y = condition_.of(evaluation);
    const double weight = 1 / static_cast<double>(draws_);
    Terms out{evaluation.full({x.dim(0)}, 0), process_.divergence_at_end(x)};
    for (int64_t k = 0; k < draws_; ++k) {
      const diffusion::Noised drawn = process_.noised(evaluation, x, k, draws_);
      const Tensor noise = network_(drawn.x, to_real(drawn.t), y);
      const Tensor guess = process_.image(drawn.x, noise, drawn.t);
      out.error = out.error + squared_error(drawn.noise, noise) * weight;
      out.nats = out.nats + process_.divergence(x, guess, drawn.t) * (weight * static_cast<double>(process_.steps()));
    }
    return out;
  }

  [[nodiscard]] Tensor draw(const Recording& recording, int64_t n) const {
    return recording.normal({n, image_.dims[0], image_.dims[1], image_.dims[2]});
  }
  [[nodiscard]] diffusion::Sampler sampler(double eta) const {
    return {process_, network_, sampling_steps_, eta, guidance_};
  }
  // Where no noise is added on the way, that from the beginning is a latent vector.
  [[nodiscard]] LatentSpace latent_space(const Sampling* sampling) const {
    return {.length = image_.elements(),
            .decode =
                [this, sampling](Tensor z, Tensor y) {
                  return sampler(0)(*sampling, z.reshape({-1, image_.dims[0], image_.dims[1], image_.dims[2]}), y);
                },
            .draw = [this](const Sampling& recording, int64_t n) { return draw(recording, n).flatten(); },
            .condition = &condition_};
  }

  Field image_;
  diffusion::Process process_;
  int64_t sampling_steps_, draws_;
  double eta_, condition_dropout_, guidance_;
  Condition condition_;
  diffusion::Network network_;
};

}  // namespace

ATELIER_MODEL("diffusion", Diffusion)
