// Elman 1990: h_t = tanh(W x_t + U h_(t-1) + b), reading an image row by row; the last state gives the class.
#include <atelier/model.hpp>

namespace {

using namespace atelier;

class Recurrent final : public Model {
 public:
  static void describe(Description& d) {
    d.summary = "Recurrent classifier, unrolled over the rows of an image.";
    d.integer("hidden", 32, "length of the state").range(1);
  }
  Recurrent(const Settings& settings, const DataSpec& data, Builder& build)
      : hidden_(settings.integer("hidden")), rows_(data.height()), columns_(data.width()) {
    const Builder group = build.group("classifier");
    input_ = Linear(group.scope("input"), columns_, hidden_);
    state_ = Linear(group.scope("state"), hidden_, hidden_, Initializer::named("orthogonal"));
    output_ = Linear(group.scope("output"), hidden_, data.classes());
  }

  void train_step(Step& step) const override {
    const Tensor loss = mean(cross_entropy(logits(step, step.images()), step.labels()));
    step.minimize("classifier", loss);
    step.log("loss", loss);
  }
  void evaluate(Evaluation& e) const override {
    const Tensor out = logits(e, e.images());
    e.add_per_sample("loss", cross_entropy(out, e.labels()));
    e.add_per_sample("accuracy", equal(to_real(argmax(out)), to_real(e.labels())));
  }
  Tensor sample(Sampling& s, int64_t n) const override { return s.full({n, 1, rows_, columns_}, 0.5); }

 private:
  [[nodiscard]] Tensor logits(const Recording& r, Tensor images) const {  // (B, 1, H, W) to (B, classes)
    const int64_t batch = images.dim(0);
    Tensor h = r.full({batch, hidden_}, 0);
    for (int64_t t = 0; t < rows_; ++t) {
      h = tanh(input_(images.slice(2, t, 1).reshape({batch, columns_})) + state_(h));
    }
    return output_(h);
  }

  int64_t hidden_, rows_, columns_;
  Linear input_, state_, output_;
};

}  // namespace

ATELIER_MODEL("recurrent", Recurrent)
