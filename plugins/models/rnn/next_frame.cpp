// Srivastava et al. 2015, Unsupervised Learning of Video Representations using LSTMs, section 2.3 without an encoder of
// its own: each frame of a sequence from those before it, as in Graves 2013 for handwriting. It generates by reading
// what it has predicted.
#include <algorithm>
#include <atelier/model.hpp>

#include "frame_coder.hpp"
#include "rows.hpp"
#include "smoothed_copy.hpp"

namespace {

using namespace atelier;

class NextFrame final : public Model {
 public:
  static void describe(Description& d) {
    d.summary = "Recurrent network that predicts each frame of a sequence from those before it.";
    d.reference =
        "Srivastava et al. 2015, Unsupervised Learning of Video Representations using LSTMs; Graves 2013, Generating "
        "Sequences With Recurrent Neural Networks; connections: Denton & Fergus 2018, Stochastic Video Generation with "
        "a Learned Prior";
    rnn::describe_layers(d, 512);
    rnn::FrameCoder::describe(d);
    d.integer("window", 1, "frames that each step reads: the last one, and those before it").range(1, 16);
    d.measure("loss", Direction::smaller, "nats", "cross-entropy of a frame, the mean over the frames but the first");
    d.measure("baseline", Direction::neither, "nats",
              "the same of the last frame again, blurred: what knowing nothing of motion gives");
  }

  NextFrame(const Settings& settings, const DataSpec& data, Builder& build) : window_(settings.integer("window")) {
    const Field* frames = data.find("frames");
    if (frames == nullptr || frames->dims.size() != 4 || frames->dims[0] < 3 || frames->low != 0 || frames->high != 1) {
      build.fail(
          "needs a field 'frames' (T, C, H, W) in [0, 1] with at least three frames; hint: dataset.use = "
          "\"moving-digits\", and no other range");
      return;
    }
    count_ = frames->dims[0];
    const Builder group = build.group("predictor");
    const int64_t units = settings.integer("units");
    coder_ = rnn::FrameCoder(group.scope("frames"), settings, {frames->dims.begin() + 1, frames->dims.end()}, window_);
    recurrent_ = Recurrent(group.scope("recurrent"), settings.text("cell"), coder_.code_length(), units,
                           settings.integer("layers"), settings.text("initialization"));
  }

  void train_step(Step& step) const override {
    const Tensor loss = mean(cross_entropy_of(step.data("frames")));
    step.minimize("predictor", loss);
    step.log("loss", loss);
  }

  void evaluate(Evaluation& evaluation) const override {
    const Tensor frames = evaluation.data("frames");
    evaluation.add_per_sample("loss", cross_entropy_of(frames));
    evaluation.add_per_sample("baseline", rnn::smoothed_copy_cross_entropy(evaluation, frames));
  }

  [[nodiscard]] std::vector<View> views() const override {
    return {{.name = "animation",
             .help = "the first half of a sequence as it was, and what is generated from there on",
             .uses_data = true,
             .animation = true}};
  }
  Tensor view(Sampling& sampling, std::string_view name, int64_t n) const override {
    if (name != "animation") {
      return Model::view(sampling, name, n);
    }
    const Tensor frames = sampling.data("frames");
    const int64_t given = (count_ + 1) / 2;
    Tensor film = frames.slice(1, 0, given);
    Recurrent::States states = recurrent_(coder_.encode(windows(film.slice(1, 0, given - 1))).features).last;
    for (int64_t t = given; t < count_; ++t) {
      const int64_t seen = std::min(window_, t);
      const rnn::FrameCoder::Code code = coder_.encode(windows(film.slice(1, t - seen, seen)).slice(1, seen - 1, 1));
      const Recurrent::Sequence read = recurrent_(code.features, states);
      states = read.last;
      film = concatenate({film, sigmoid(coder_.decode(read.y, code))}, 1);
    }
    return film;
  }

 private:
  // What each step reads, (B, T, C, H, W) to (B, T, window C, H, W). Before the first frame all is black.
  [[nodiscard]] Tensor windows(Tensor frames) const {
    std::vector<Tensor> parts = {frames};
    for (int64_t back = 1; back < window_; ++back) {
      parts.push_back(pad(frames, {0, back, 0, 0, 0}, {0, 0, 0, 0, 0}).slice(1, 0, frames.dim(1)));
    }
    return window_ == 1 ? frames : concatenate(parts, 2);
  }

  // The sum over a frame's pixels, the mean over all frames but the first, (B).
  [[nodiscard]] Tensor cross_entropy_of(Tensor frames) const {
    const rnn::FrameCoder::Code code = coder_.encode(windows(frames.slice(1, 0, count_ - 1)));
    const Tensor logits = coder_.decode(recurrent_(code.features).y, code);
    return mean(sum(bce_with_logits(logits, frames.slice(1, 1, count_ - 1)), {2, 3, 4}), {1});
  }

  int64_t window_;
  int64_t count_ = 0;  // frames of a sequence, T
  rnn::FrameCoder coder_;
  Recurrent recurrent_;
};

}  // namespace

ATELIER_MODEL("rnn-next-frame", NextFrame)
