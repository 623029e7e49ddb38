// van den Oord et al. 2017, Neural Discrete Representation Learning.
#include <atelier/metric.hpp>
#include <atelier/model.hpp>

#include "../common/latent_space.hpp"
#include "codebook.hpp"
#include "networks.hpp"
#include "prior.hpp"

namespace {

using namespace atelier;

class VqVae final : public Model {
 public:
  static void describe(Description& d) {
    d.summary =
        "Vector-quantized variational autoencoder. Beside it learns a small PixelCNN over the codes, which samples are "
        "drawn from.";
    d.reference = "van den Oord et al. 2017, Neural Discrete Representation Learning";
    d.integer("codes", 256, "vectors K in the codebook").range(2, 65536);
    d.integer("length", 64, "length D of a vector").range(1, 65536);
    d.integer("features", 64, "channels of both coders' hidden layers").range(2, 65536);
    d.integer("residual_features", 32, "channels within a residual block").range(1, 65536);
    d.integer("residual_blocks", 2, "of each coder").range(0, 64);
    d.activation("activation", "relu", "of both coders");
    d.initialization("he_uniform");
    d.number("commitment", 0.25, "weight beta of the distance between the encoder's output and its code").range(0);
    d.number("decay", 0.99, "of the moving averages that the codes follow").range(0, 0.99999);
    d.number("restart_below", 0.5,
             "uses a batch, by the moving average, at or below which a code becomes an encoder output of the batch; 0: "
             "only at the start")
        .range(0);
    d.integer("prior_features", 64, "channels of the codes' PixelCNN").range(2, 65536);
    d.integer("prior_blocks", 3, "residual blocks of the codes' PixelCNN").range(0, 64);
    d.loss("reconstruction", "reconstruction", "bce", "how far the decoded image is from the original");
    d.measure("loss", Direction::smaller, "loss.reconstruction",
              "reconstruction and weighted commitment, the mean over the images");
    d.measure("elbo", Direction::larger, "loss.reconstruction", "the evidence lower bound: -(reconstruction + prior)");
    d.measure("reconstruction", Direction::smaller, "loss.reconstruction", "of the decoded image and the original");
    d.measure("commitment", Direction::neither, "", "squared distance of what is encoded from its codes");
    d.measure("prior", Direction::neither, "nats", "-log p(codes) by their PixelCNN");
    d.measure("perplexity", Direction::larger, "codes",
              "how many codes would be used if all were used equally often: exp of the entropy");
    d.measure("codes_used", Direction::larger, "codes", "how many codes are used at all");
  }

  VqVae(const Settings& settings, const DataSpec& data, Builder& build)
      : image_{data.channels(), data.height(), data.width()},
        length_(settings.integer("length")),
        commitment_(settings.number("commitment")),
        reconstruction_(build.loss("reconstruction")) {
    if (data.channels() == 0 || data.height() % 4 != 0 || data.width() % 4 != 0) {
      build.fail("images of " + std::to_string(data.height()) + "x" + std::to_string(data.width()) +
                 ", expected lengths that can be halved twice");
    }
    const int64_t codes = settings.integer("codes");
    const vq::Shape shape{settings.integer("features"), settings.integer("residual_features"),
                          settings.integer("residual_blocks"), settings.text("activation"),
                          Initializer::named(settings.text("initialization"))};
    const Builder group = build.group("autoencoder");
    encoder_ = vq::make_encoder(group.scope("encoder"), image_[0], length_, shape);
    decoder_ = vq::make_decoder(group.scope("decoder"), image_[0], length_, shape);
    codebook_ = vq::Codebook(group.scope("codebook"), codes, length_, settings.number("decay"),
                             settings.number("restart_below"));
    prior_ = vq::Prior(build.group("prior"), codes, length_, settings.integer("prior_features"),
                       settings.integer("prior_blocks"), shape.initializer);
  }

  void train_step(Step& step) const override {
    const Tensor x = step.images();  // (B, C, H, W)
    const Tensor encoded = encoder_(x);
    codebook_.restart(step, vq::to_rows(encoded));
    const Quantized q = quantize(encoded);
    const Tensor through = encoded + (q.z - encoded).detach();  // the straight-through gradient
    const Tensor reconstruction = reconstruction_(decoder_(through), x);
    const Tensor commitment = mean(distance(encoded, q.z));
    const Tensor loss = reconstruction + commitment * commitment_;  // equation 3
    const Tensor prior = mean(prior_.nats(q.z, q.codes));
    step.minimize("autoencoder", loss);
    step.minimize("prior", prior);
    codebook_.follow(vq::to_rows(encoded), q.codes);
    step.log("loss", loss);
    step.log("reconstruction", reconstruction);
    step.log("commitment", commitment);
    step.log("prior", prior);
    step.log("perplexity", vq::perplexity(q.codes, codebook_.size()));
    step.log("codes_used", vq::codes_used(q.codes, codebook_.size()));
  }

  void evaluate(Evaluation& evaluation) const override {
    const Terms terms = terms_of(evaluation);
    evaluation.add_per_sample("loss", terms.reconstruction + terms.commitment * commitment_);
    evaluation.add_per_sample("elbo", -(terms.reconstruction + terms.prior));
    evaluation.add_per_sample("reconstruction", terms.reconstruction);
    evaluation.add_per_sample("commitment", terms.commitment);
    evaluation.add_per_sample("prior", terms.prior);
  }
  // How many codes are used, and how evenly, over all images: a single batch uses fewer.
  Owned<Metric> own_metric() override { return Owned<Metric>(new CodeUse(*this)); }

  // Place after place from the prior; what comes later is still zero, and not seen.
  Tensor sample(Sampling& sampling, int64_t n) const override {
    const int64_t rows = image_[1] / 4, columns = image_[2] / 4;
    Tensor z = sampling.full({n, length_, rows, columns}, 0);
    for (int64_t row = 0; row < rows; ++row) {
      for (int64_t column = 0; column < columns; ++column) {
        const Tensor here = prior_.logits(z).slice(2, row, 1).slice(3, column, 1).reshape({n, -1});
        const Tensor drawn = codebook_.vectors(categorical(here)).reshape({n, length_, 1, 1});
        z = z.update_slice(2, row, z.slice(2, row, 1).update_slice(3, column, drawn));
        sampling.materialize({&z});
      }
    }
    return reconstruction_.image(decoder_(z));
  }

  // The posterior is certain of its codes, so that its divergence from the prior is -log p(codes). In nats where the
  // reconstruction loss is a negative log-likelihood, as bce is.
  [[nodiscard]] std::vector<std::string> output_names() const override {
    return {"reconstruction", "divergence", "log_likelihood"};
  }
  Tensor output(Evaluation& evaluation, std::string_view name, int64_t draws) const override {
    const Terms terms = terms_of(evaluation);
    if (name == "reconstruction") return terms.reconstruction;
    if (name == "divergence") return terms.prior;
    if (name == "log_likelihood") return -(terms.reconstruction + terms.prior);
    return Model::output(evaluation, name, draws);
  }

  [[nodiscard]] std::vector<View> views() const override { return latent_space().views(); }
  Tensor view(Sampling& sampling, std::string_view name, int64_t n) const override {
    return latent_space().view(sampling, name, n);
  }

 private:
  struct Quantized {
    Tensor z;      // (B, D, h, w), without a gradient
    Tensor codes;  // int64 (B h w)
  };
  struct Terms {
    Tensor reconstruction, commitment, prior;  // (B)
  };
  class CodeUse final : public Metric {
   public:
    explicit CodeUse(const VqVae& model) : model_(model) {
      passes = {Pass::over(Pass::Data::evaluated, {Collected::sum("counts", {model.codebook_.size()})})};
      results = {{"perplexity", {}}, {"codes_used", {}}};
    }
    std::vector<Tensor> batch(Measurement& measurement) const override {
      return {model_.codebook_.counts(model_.quantize(model_.encoder_(measurement.images())).codes)};
    }
    ValueLists finish(const CollectedValues& collected) const override {
      const ValueLists& counts = collected[0];
      return {{vq::perplexity(counts[0])}, {vq::codes_used(counts[0])}};
    }

   private:
    const VqVae& model_;
  };

  [[nodiscard]] LatentSpace latent_space() const {  // a grid of codes: draws of it are the prior's, place by place
    return {.length = length_,
            .decode = [this](Tensor z, Tensor) { return reconstruction_.image(decoder_(z)); },
            .encode = [this](const Sampling&, Tensor x, Tensor) { return quantize(encoder_(x)).z; }};
  }
  [[nodiscard]] Quantized quantize(Tensor encoded) const {
    const Tensor codes = codebook_.nearest(vq::to_rows(encoded.detach()));
    return {vq::to_places(codebook_.vectors(codes), encoded).detach(), codes};
  }
  [[nodiscard]] Terms terms_of(const Evaluation& evaluation) const {
    const Tensor x = evaluation.images();
    const Tensor encoded = encoder_(x);
    const Quantized q = quantize(encoded);
    return {reconstruction_.per_sample(decoder_(q.z), x), distance(encoded, q.z), prior_.nats(q.z, q.codes)};
  }
  // Squared, summed over the places of each image, (B).
  static Tensor distance(Tensor encoded, Tensor z) { return sum(square(encoded - z).flatten(), {1}); }

  std::vector<int64_t> image_;  // C, H, W
  int64_t length_;
  double commitment_;
  Reconstruction reconstruction_;
  Sequential encoder_, decoder_;
  vq::Codebook codebook_;
  vq::Prior prior_;
};

}  // namespace

ATELIER_MODEL("vq-vae", VqVae)
