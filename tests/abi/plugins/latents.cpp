// A latent space in which each dimension is a pixel: z from -3 to 3 is black to white.
#include <atelier/model.hpp>

#include "common/latent_space.hpp"

namespace {

using namespace atelier;

class Latents final : public Model {
 public:
  static void describe(Description& d) {
    d.summary = "Pixels as latent dimensions.";
    d.text("knows", "both", "what of its latent space it tells").choices({"both", "draw", "encode"});
    Condition::describe(d);
  }
  Latents(const Settings& settings, const DataSpec& data, Builder& build)
      : knows_(settings.text("knows")),
        condition_(settings, data, build),
        mean_(build.group("mean").parameter("mean", {64}, Initializer::constant(0))) {}

  void train_step(Step& step) const override {
    const Tensor loss = mean(square(step.images().flatten() - mean_.use(step.context())));
    step.minimize("mean", loss);
    step.log("loss", loss);
  }
  void evaluate(Evaluation& e) const override { e.add("loss", e.scalar(0), 1); }
  std::vector<View> views() const override { return latent_space().views(); }
  Tensor view(Sampling& sampling, std::string_view name, int64_t n) const override {
    return latent_space().view(sampling, name, n);
  }

 private:
  [[nodiscard]] LatentSpace latent_space() const {
    LatentSpace out{.length = 64,
                    .decode =
                        [](Tensor z, Tensor) {
                          return (z / 6.0 + 0.5).reshape({-1, 1, 8, 8});
                        },
                    .condition = &condition_};
    if (knows_ != "encode") {
      out.draw = [](const Sampling& sampling, int64_t n) { return sampling.normal({n, 64}); };
    }
    if (knows_ != "draw") {
      out.encode = [](const Sampling&, Tensor x, Tensor) { return (x.flatten() - 0.5) * 6.0; };
    }
    return out;
  }

  std::string knows_;
  Condition condition_;
  Parameter mean_;
};

}  // namespace

ATELIER_MODEL("latents", Latents)
