// Reads an image row by row and writes another one. As sequence to sequence (Sutskever et al. 2014): an encoder's last
// state starts a decoder, which writes a row at a time and reads the one before it; the true one while it is trained.
// The encoder reads from below, so that what is written first has been read last (section 3.3).
// Or bidirectionally (Schuster & Paliwal 1997): each row is written from the states of two readers that meet there,
// one from above and one from below.
#include <atelier/model.hpp>
#include <numeric>

#include "rows.hpp"

namespace {

using namespace atelier;

// (B, T, F) with its steps in the opposite order.
Tensor reversed(const Recording& recording, Tensor x) {
  std::vector<int64_t> order(static_cast<size_t>(x.dim(1)));
  std::iota(order.rbegin(), order.rend(), 0);
  return gather(x.permute({1, 0, 2}), recording.constant({x.dim(1)}, order)).permute({1, 0, 2});
}

class Manipulation final : public Model {
 public:
  static void describe(Description& d) {
    d.summary = "Recurrent network that reads an image row by row, and writes its target row by row.";
    d.reference =
        "Sutskever et al. 2014, Sequence to Sequence Learning with Neural Networks; bidirectional: Schuster & Paliwal "
        "1997, Bidirectional Recurrent Neural Networks";
    d.text("architecture", "sequence-to-sequence", "a decoder after an encoder, or two readers of opposite directions")
        .choices({"sequence-to-sequence", "bidirectional"});
    rnn::describe_layers(d, 256);
    d.loss("reconstruction", "reconstruction", "bce", "how far the output is from the target");
    d.measure("loss", Direction::smaller, "loss.reconstruction",
              "of the output and the target, the mean over the images");
    d.measure("squared_error", Direction::smaller, "", "of the output and the target, the mean over their elements");
    d.measure("input_squared_error", Direction::neither, "", "of the input and the target: what doing nothing gives");
  }

  Manipulation(const Settings& settings, const DataSpec& data, Builder& build)
      : bidirectional_(settings.text("architecture") == "bidirectional"),
        reconstruction_(build.loss("reconstruction")) {
    const Field* target = data.find("target");
    if (data.channels() == 0 || target == nullptr || target->dims.size() != 3) {
      build.fail("needs images and targets (C, H, W); hint: [dataset] use = \"transformed-pairs\"");
      return;
    }
    channels_ = target->dims[0];
    rows_ = target->dims[1];
    row_ = channels_ * target->dims[2];
    if (bidirectional_ && rows_ != data.height()) {
      build.fail("model.architecture: 'bidirectional' writes as many rows as it reads, the data has images of " +
                 std::to_string(data.height()) + " and targets of " + std::to_string(rows_) +
                 "; hint: use 'sequence-to-sequence'");
      return;
    }
    const Builder group = build.group("writer");
    const std::string cell = settings.text("cell");
    const std::string initialization = settings.text("initialization");
    const int64_t units = settings.integer("units");
    const int64_t layers = settings.integer("layers");
    const int64_t inputs = data.channels() * data.width();
    if (bidirectional_) {
      for (int64_t i = 0; i < layers; ++i) {
        const int64_t width = i == 0 ? inputs : 2 * units;
        down_.emplace_back(group.scope("down." + std::to_string(i)), cell, width, units, initialization);
        up_.emplace_back(group.scope("up." + std::to_string(i)), cell, width, units, initialization);
      }
    } else {
      encoder_ = Recurrent(group.scope("encoder"), cell, inputs, units, layers, initialization);
      decoder_ = Recurrent(group.scope("decoder"), cell, row_, units, layers, initialization);
    }
    output_ = Linear(group.scope("output"), bidirectional_ ? 2 * units : units, row_, rnn::dense_initializer(settings));
  }

  void train_step(Step& step) const override {
    const Tensor target = step.data("target");
    const Tensor output = bidirectional_ ? read_both_ways(step, step.images()) : follow(step, step.images(), target);
    const Tensor loss = reconstruction_(output, target);
    step.minimize("writer", loss);
    step.log("loss", loss);
  }

  // Beside the loss the squared error of a pixel, and that of the input as it is.
  void evaluate(Evaluation& evaluation) const override {
    const Tensor x = evaluation.images();
    const Tensor target = evaluation.data("target");
    const Tensor output = write(evaluation, x);
    evaluation.add_per_sample("loss", reconstruction_.per_sample(output, target));
    evaluation.add_per_sample("squared_error", squared_error(reconstruction_.image(output), target));
    evaluation.add_per_sample("input_squared_error", squared_error(x, target));
  }

  [[nodiscard]] std::vector<View> views() const override {
    return {{.name = "manipulation", .help = "input, output and target", .uses_data = true}};
  }
  Tensor view(Sampling& sampling, std::string_view name, int64_t n) const override {
    if (name != "manipulation") {
      return Model::view(sampling, name, n);
    }
    const Tensor x = sampling.images();
    return strips({x, reconstruction_.image(write(sampling, x)), sampling.data("target")});
  }

 private:
  // Images to raw outputs (B, C', H', W'), as all that follow.
  [[nodiscard]] Tensor write(const Recording& recording, Tensor images) const {
    return bidirectional_ ? read_both_ways(recording, images) : write_rows(recording, images);
  }

  [[nodiscard]] Tensor read_both_ways(const Recording& recording, Tensor images) const {
    Tensor h = rnn::to_rows(images);
    for (size_t i = 0; i < down_.size(); ++i) {
      const Tensor from_below = up_[i].sequence(reversed(recording, h)).y;
      h = concatenate({down_[i].sequence(h).y, reversed(recording, from_below)}, 2);
    }
    return rnn::to_images(output_(h), channels_);
  }

  [[nodiscard]] Recurrent::States read(const Recording& recording, Tensor images) const {
    return encoder_(reversed(recording, rnn::to_rows(images))).last;
  }

  // Each row from the true ones above it; above the first one are zeros.
  [[nodiscard]] Tensor follow(const Recording& recording, Tensor images, Tensor target) const {
    const Tensor above = pad(rnn::to_rows(target).slice(1, 0, rows_ - 1), {0, 1, 0}, {0, 0, 0});
    return rnn::to_images(output_(decoder_(above, read(recording, images)).y), channels_);
  }

  // Each row from those that it has written above it.
  [[nodiscard]] Tensor write_rows(const Recording& recording, Tensor images) const {
    Recurrent::States states = read(recording, images);
    Tensor row = recording.full({images.dim(0), row_}, 0);
    std::vector<Tensor> written;
    for (int64_t i = 0; i < rows_; ++i) {
      states = decoder_.step(row, states);
      const Tensor raw = output_(states.back().h);
      written.push_back(raw.reshape({-1, 1, row_}));
      row = reconstruction_.image(raw);
    }
    return rnn::to_images(concatenate(written, 1), channels_);
  }

  bool bidirectional_;
  int64_t channels_ = 0, rows_ = 0, row_ = 0;  // C', H' and C' W' of the target
  Reconstruction reconstruction_;
  Recurrent encoder_, decoder_;
  std::vector<RecurrentCell> down_, up_;
  Linear output_;
};

}  // namespace

ATELIER_MODEL("rnn-manipulation", Manipulation)
