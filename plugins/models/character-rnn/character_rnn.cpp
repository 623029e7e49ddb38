// Graves 2013, Generating Sequences With Recurrent Neural Networks, section 3: each character of a text from those
// before it. p(x) is the product over t of p(x_t | x_1 ... x_(t-1)) (equation 1); a text is made by drawing from it and
// reading what was drawn.
#include <atelier/model.hpp>
#include <atelier/recurrent.hpp>
#include <numbers>

namespace {

using namespace atelier;

class CharacterRnn final : public Model {
 public:
  static void describe(Description& d) {
    d.summary = "Recurrent model of text, token by token, with an exact likelihood.";
    d.reference = "Graves 2013, Generating Sequences With Recurrent Neural Networks, section 3";
    d.text("cell", "lstm", "kind of the recurrent cell").choices({"tanh", "lstm", "gru"});
    d.integer("units", 128, "width of the recurrent layers").range(1, 65536);
    d.integer("layers", 1, "number of recurrent layers").range(1, 64);
    d.integer("embedding", 32, "length of the vector that a token is read as").range(1, 65536);
    d.number("dropout", 0.0, "rate at which units of the last layer are dropped before the output").range(0, 0.95);
    d.number("temperature", 1.0, "of samples: below 1 the likelier tokens become likelier still").range(0.01, 100);
    d.integer("sample_length", 0, "tokens of a sample; 0: as many as the data's have").range(0, 1e6);
    d.recurrent_initialization();
    d.measure("loss", Direction::smaller, "nats", "-log p(x) for each token");
    d.measure("bits_per_character", Direction::smaller, "bits", "-log2 p(x) for each token");
  }

  CharacterRnn(const Settings& settings, const DataSpec& data, Builder& build)
      : units_(settings.integer("units")),
        temperature_(settings.number("temperature")),
        dropout_(settings.number("dropout")) {
    const Field* text = data.find("text");
    if (text == nullptr || text->dims.size() != 1 || text->classes == 0) {
      build.fail("needs a field 'text' of tokens, which the data has not; hint: dataset.use = \"text-file\"");
      return;
    }
    text_ = *text;
    length_ = settings.integer("sample_length") > 0 ? settings.integer("sample_length") : text->dims[0];
    embedding_length_ = settings.integer("embedding");
    const Builder group = build.group("network");
    embedding_ = Embedding(group.scope("embedding"), text_.classes, embedding_length_);
    layers_ = Recurrent(group.scope("recurrent"), settings.text("cell"), embedding_length_, units_,
                        settings.integer("layers"), settings.text("initialization"));
    output_ = Linear(group.scope("output"), units_, text_.classes);
  }

  void train_step(Step& step) const override {
    const Tensor mask = step.mask(text_);
    const Tensor loss = sum(cross_entropies(step) * mask) / sum(mask);
    step.minimize("network", loss);
    step.log("loss", loss);
    step.log("bits_per_character", loss / std::numbers::ln2);
  }

  void evaluate(Evaluation& evaluation) const override {
    const Tensor mask = evaluation.mask(text_);
    const Tensor nats = sum(cross_entropies(evaluation) * mask);
    evaluation.add("loss", nats, sum(mask));
    evaluation.add("bits_per_character", nats / std::numbers::ln2, sum(mask));
  }

  [[nodiscard]] std::string sampled_field() const override { return "text"; }
  Tensor sample(Sampling& sampling, int64_t n) const override {
    Tensor text = sampling.constant({n, length_}, std::vector<int64_t>(static_cast<size_t>(n * length_), 0));
    Tensor read = nothing(sampling, n);
    Recurrent::States states;
    for (int64_t t = 0; t < length_; ++t) {
      states = layers_.step(read.reshape({n, embedding_length_}), states);
      const Tensor token = categorical(output_(states.back().h) / temperature_).reshape({n, 1});
      text = text.update_slice(1, t, token);
      read = embedding_(token);
      std::vector<Tensor*> kept = Recurrent::tensors(states);
      kept.insert(kept.end(), {&text, &read});
      sampling.materialize(kept);
    }
    return text;
  }

  [[nodiscard]] std::vector<std::string> output_names() const override { return {"log_likelihood"}; }
  Tensor output(Evaluation& evaluation, std::string_view, int64_t) const override {
    return -sum(cross_entropies(evaluation) * evaluation.mask(text_), {1});
  }

 private:
  // What is read before the first token, (n, 1, embedding).
  [[nodiscard]] Tensor nothing(const Recording& recording, int64_t n) const {
    return recording.full({n, 1, embedding_length_}, 0);
  }

  // -log p(x_t | x_1 ... x_(t-1)), (B, T)
  [[nodiscard]] Tensor cross_entropies(const Batch& batch) const {
    const Tensor text = batch.data("text");
    const int64_t length = text.dim(1);
    const Tensor before = embedding_(text.slice(1, 0, length - 1));
    const Tensor h = layers_(concatenate({nothing(batch, text.dim(0)), before}, 1)).y;
    const Tensor logits = output_(dropout_(h.reshape({-1, units_})));
    return cross_entropy(logits, text.reshape({-1})).reshape({-1, length});
  }

  int64_t units_;
  double temperature_;
  Dropout dropout_;
  Field text_;
  int64_t length_ = 0, embedding_length_ = 0;  // of samples; of the vector that a token is read as
  Embedding embedding_;
  Recurrent layers_;
  Linear output_;
};

}  // namespace

ATELIER_MODEL("character-rnn", CharacterRnn)
