// Predicts each row of an image from the rows above it, as a language model does words (Mikolov et al. 2010): trained
// on whole sequences, sampled row by row. Logs how far the two ways of running the layers are apart.
#include <atelier/model.hpp>
#include <atelier/recurrent.hpp>

namespace {

using namespace atelier;

class Sequences final : public Model {
 public:
  static void describe(Description& d) {
    d.summary = "Recurrent predictor of an image's next row.";
    d.text("cell", "lstm", "kind of the recurrent cell").choices({"tanh", "lstm", "gru", "none"});
    d.integer("layers", 2, "number of recurrent layers").range(1);
  }
  Sequences(const Settings& settings, const DataSpec& data, Builder& build)
      : rows_(data.height()), columns_(data.width()) {
    const Builder group = build.group("predictor");
    layers_ = Recurrent(group.scope("recurrent"), settings.text("cell"), columns_, 24, settings.integer("layers"));
    output_ = Linear(group.scope("output"), 24, columns_);
  }

  void train_step(Step& step) const override {
    const Tensor x = step.images().reshape({-1, rows_, columns_});
    const Tensor loss = loss_of(x);
    Recurrent::States states;
    for (int64_t t = 0; t < rows_; ++t) {
      states = layers_.step(x.slice(1, t, 1).reshape({-1, columns_}), states);
    }
    const Recurrent::Sequence whole = layers_(x);
    step.log("difference", max(abs(states.back().h - whole.last.back().h)));
    step.log("last", max(abs(whole.y.slice(1, rows_ - 1, 1).reshape({-1, 24}) - whole.last.back().h)));
    step.minimize("predictor", loss);
    step.log("loss", loss);
  }
  void evaluate(Evaluation& e) const override { e.add("loss", loss_of(e.images().reshape({-1, rows_, columns_})), 1); }

  Tensor sample(Sampling& s, int64_t n) const override {
    Tensor image = s.full({n, rows_, columns_}, 0);
    Tensor row = s.uniform({n, columns_});
    Recurrent::States states;
    for (int64_t t = 0; t < rows_; ++t) {
      image = image.update_slice(1, t, row.reshape({n, 1, columns_}));
      states = layers_.step(row, states);
      row = sigmoid(output_(states.back().h));
      std::vector<Tensor*> kept = Recurrent::tensors(states);
      kept.insert(kept.end(), {&image, &row});
      s.materialize(kept);
    }
    return image.reshape({n, 1, rows_, columns_});
  }

 private:
  [[nodiscard]] Tensor loss_of(Tensor x) const {  // (B, rows, columns)
    const Tensor predicted = output_(layers_(x.slice(1, 0, rows_ - 1)).y);
    return mean(bce_with_logits(predicted, x.slice(1, 1, rows_ - 1)));
  }

  int64_t rows_, columns_;
  Recurrent layers_;
  Linear output_;
};

}  // namespace

ATELIER_MODEL("sequences", Sequences)
