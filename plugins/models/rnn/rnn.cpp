// An image read row by row, as in Le et al. 2015 pixel by pixel: the state after the last row tells the class. LSTM:
// Hochreiter & Schmidhuber 1997; GRU: Cho et al. 2014; tanh: Elman 1990.
#include <atelier/model.hpp>
#include <atelier/recurrent.hpp>

namespace {

using namespace atelier;

class RowReader final : public Model {
 public:
  static void describe(Description& d) {
    d.summary = "Recurrent classifier that reads images row by row.";
    d.reference =
        "Le et al. 2015, A Simple Way to Initialize Recurrent Networks of Rectified Linear Units; Hochreiter & "
        "Schmidhuber 1997, Long Short-Term Memory";
    d.text("cell", "lstm", "kind of the recurrent cell").choices({"tanh", "lstm", "gru"});
    d.integer("units", 128, "width of the recurrent layers").range(1, 65536);
    d.integer("layers", 1, "number of recurrent layers").range(1, 64);
    d.loss("classification", "classification", "cross-entropy", "how far the logits are from the label");
  }

  RowReader(const Settings& settings, const DataSpec& data, Builder& build)
      : image_{data.channels(), data.height(), data.width()},
        gray_((data.image().low + data.image().high) / 2),
        classification_(build.loss("classification")) {
    if (data.channels() == 0 || data.classes() == 0) {
      build.fail("rnn: needs images and labels, the data has not both");
      return;
    }
    const Builder group = build.group("classifier");
    const int64_t units = settings.integer("units");
    layers_ = Recurrent(group.scope("recurrent"), settings.text("cell"), image_[0] * image_[2], units,
                        settings.integer("layers"));
    output_ = Linear(group.scope("output"), units, data.classes());
  }

  void train_step(Step& step) override {
    const Tensor loss = classification_(logits(step.images()), step.labels());
    step.minimize("classifier", loss);
    step.log("loss", loss);
  }

  void evaluate(Evaluation& evaluation) override {
    const Tensor output = logits(evaluation.images());
    const Tensor labels = evaluation.labels();
    evaluation.add_per_sample("loss", classification_.per_sample(output, labels));
    evaluation.add_per_sample("accuracy", equal(to_real(argmax(output)), to_real(labels)));
  }

  // A classifier makes no images: gray ones.
  Tensor sample(Sampling& sampling, int64_t n) override {
    return sampling.full({n, image_[0], image_[1], image_[2]}, gray_);
  }

 private:
  // (B, C, H, W) to (B, classes), by way of the rows (B, H, C W).
  [[nodiscard]] Tensor logits(Tensor images) const {
    const Tensor by_row = image_[0] == 1 ? images : images.permute({0, 2, 1, 3});
    const Recurrent::Sequence sequence = layers_(by_row.reshape({-1, image_[1], image_[0] * image_[2]}));
    return output_(sequence.last.back().h);
  }

  std::vector<int64_t> image_;  // C, H, W
  double gray_;
  Classification classification_;
  Recurrent layers_;
  Linear output_;
};

}  // namespace

ATELIER_MODEL("rnn", RowReader)
