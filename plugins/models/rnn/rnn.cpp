// An image read row by row, as in Le et al. 2015 pixel by pixel: the state after the last row tells the class. LSTM:
// Hochreiter & Schmidhuber 1997; GRU: Cho et al. 2014; tanh: Elman 1990.
#include <atelier/model.hpp>

#include "rows.hpp"

namespace {

using namespace atelier;

class RowReader final : public Model {
 public:
  static void describe(Description& d) {
    d.summary = "Recurrent classifier that reads images row by row.";
    d.reference =
        "Le et al. 2015, A Simple Way to Initialize Recurrent Networks of Rectified Linear Units; Hochreiter & "
        "Schmidhuber 1997, Long Short-Term Memory; dropout: Zaremba et al. 2014, Recurrent Neural Network "
        "Regularization";
    rnn::describe_layers(d, 128);
    d.number("dropout", 0.0, "rate at which units of the last state are dropped before the output").range(0, 0.95);
    d.loss("classification", "classification", "cross-entropy", "how far the logits are from the label");
    Classification::describe(d);
  }

  RowReader(const Settings& settings, const DataSpec& data, Builder& build)
      : classification_(build.loss("classification")), dropout_(settings.number("dropout")) {
    if (data.channels() == 0 || data.classes() == 0) {
      build.fail("needs images and labels, the data has not both");
      return;
    }
    const Builder group = build.group("classifier");
    const int64_t units = settings.integer("units");
    layers_ = Recurrent(group.scope("recurrent"), settings.text("cell"), data.channels() * data.width(), units,
                        settings.integer("layers"), settings.text("initialization"));
    output_ = Linear(group.scope("output"), units, data.classes(), rnn::dense_initializer(settings));
  }

  void train_step(Step& step) const override {
    classification_.train(step, "classifier", logits(step.images()), step.labels());
  }

  void evaluate(Evaluation& evaluation) const override {
    classification_.evaluate(evaluation, logits(evaluation.images()), evaluation.labels());
  }

  [[nodiscard]] std::vector<std::string> output_names() const override { return {"logits"}; }
  Tensor output(Evaluation& evaluation, std::string_view name, int64_t draws) const override {
    return name == "logits" ? logits(evaluation.images()) : Model::output(evaluation, name, draws);
  }

 private:
  // (B, C, H, W) to (B, classes)
  [[nodiscard]] Tensor logits(Tensor images) const {
    return output_(dropout_(layers_(rnn::to_rows(images)).last.back().h));
  }

  Classification classification_;
  Dropout dropout_;
  Recurrent layers_;
  Linear output_;
};

}  // namespace

ATELIER_MODEL("rnn", RowReader)
