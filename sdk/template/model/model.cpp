// An autoencoder of two linear layers: the smallest model that learns something. Make it yours.
#include <atelier/model.hpp>

namespace {

using namespace atelier;

class MyModel final : public Model {
 public:
  static void describe(Description& d) {
    d.summary = "Autoencoder of two linear layers.";
    d.reference = "Bourlard & Kamp 1988";
    d.integer("latent", 16, "length of the code z").range(1, 65536);
    d.measure("loss", Direction::smaller, "", "squared error of an image, summed over its elements");
  }

  MyModel(const Settings& settings, const DataSpec& data, Builder& build)
      : image_{data.channels(), data.height(), data.width()},
        latent_(settings.integer("latent")),
        encoder_(build.group("autoencoder").scope("encoder"), data.image().elements(), latent_),
        decoder_(build.group("autoencoder").scope("decoder"), latent_, data.image().elements()) {}

  void train_step(Step& step) const override {
    const Tensor x = step.images().flatten();  // (B, pixels)
    const Tensor loss = mean(squared_error(x));
    step.minimize("autoencoder", loss);
    step.log("loss", loss);
  }

  void evaluate(Evaluation& evaluation) const override {
    evaluation.add_per_sample("loss", squared_error(evaluation.images().flatten()));
  }

  Tensor sample(Sampling& sampling, int64_t n) const override {  // (n, C, H, W)
    return decoder_(sampling.normal({n, latent_})).reshape({n, image_[0], image_[1], image_[2]});
  }

 private:
  [[nodiscard]] Tensor squared_error(Tensor x) const { return sum(square(decoder_(encoder_(x)) - x), {1}); }  // (B)

  std::vector<int64_t> image_;  // C, H, W
  int64_t latent_;
  Linear encoder_, decoder_;
};

}  // namespace

ATELIER_MODEL("my-model", MyModel)
