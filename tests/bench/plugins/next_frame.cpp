// Srivastava et al. 2015, Unsupervised Learning of Video Representations using LSTMs, at its smallest: each frame of a
// sequence from those before it.
#include <atelier/model.hpp>
#include <atelier/recurrent.hpp>

namespace {

using namespace atelier;

class NextFrame final : public Model {
 public:
  static void describe(Description& d) {
    d.summary = "Predicts each frame of a sequence (1, frames, pixels) from those before it.";
    d.integer("units", 512, "width of the recurrent layer").range(1);
    d.loss("reconstruction", "reconstruction", "bce", "how far the predicted frames are from those that came");
  }

  NextFrame(const Settings& settings, const DataSpec& data, Builder& build)
      : frames_(data.height()), pixels_(data.width()), reconstruction_(build.loss("reconstruction")) {
    const Builder group = build.group("predictor");
    recurrent_ = Lstm(group.scope("recurrent"), pixels_, settings.integer("units"));
    output_ = Linear(group.scope("output"), settings.integer("units"), pixels_);
  }

  void train_step(Step& step) const override {
    const Tensor loss = reconstruction_(predict(step.images()), following(step.images()));
    step.minimize("predictor", loss);
    step.log("loss", loss);
  }

  void evaluate(Evaluation& evaluation) const override {
    const Tensor images = evaluation.images();
    evaluation.add_per_sample("loss", reconstruction_.per_sample(predict(images), following(images)));
  }

  // From a frame of noise on.
  Tensor sample(Sampling& sampling, int64_t n) const override {
    Tensor frame = sampling.uniform({n, pixels_});
    Tensor film = sampling.full({n, frames_, pixels_}, 0).update_slice(1, 0, frame.reshape({n, 1, pixels_}));
    Recurrent::States states;
    for (int64_t t = 1; t < frames_; ++t) {
      states = recurrent_.step(frame, states);
      frame = reconstruction_.image(output_(states.back().h));
      film = film.update_slice(1, t, frame.reshape({n, 1, pixels_}));
    }
    return film.reshape({n, 1, frames_, pixels_});
  }

 private:
  // (B, 1, T + 1, F) to (B, T, F)
  [[nodiscard]] Tensor predict(Tensor images) const {
    return output_(recurrent_(images.slice(2, 0, frames_ - 1).reshape({-1, frames_ - 1, pixels_})).y);
  }
  [[nodiscard]] Tensor following(Tensor images) const {
    return images.slice(2, 1, frames_ - 1).reshape({-1, frames_ - 1, pixels_});
  }

  int64_t frames_, pixels_;
  Reconstruction reconstruction_;
  Lstm recurrent_;
  Linear output_;
};

}  // namespace

ATELIER_MODEL("next-frame", NextFrame)
