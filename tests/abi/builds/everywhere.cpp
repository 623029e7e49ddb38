// One component of each kind, in a source that every build of a plugin must make the same of: BUILT_BY is a part of
// their names, so that one host can have them all.
#include <atelier/dataset.hpp>
#include <atelier/loss.hpp>
#include <atelier/metric.hpp>
#include <atelier/model.hpp>
#include <atelier/optimizer.hpp>
#include <functional>
#include <map>
#include <sstream>
#include <stdexcept>

namespace {

using namespace atelier;

// Rows that become brighter, differently for each of two classes.
class Rows final : public Dataset {
 public:
  static void describe(Description& d) {
    d.summary = "Rows of grey.";
    d.integer("size", 4, "rows and columns").range(2, 64);
  }
  Rows(const Settings& settings, const Environment&) : size_(settings.integer("size")) {
    fields.push_back(Field::image("image", {1, size_, size_}));
    fields.push_back(Field::label("label", 2, {"up", "down"}));
    train_count = 64;
    test_count = 20;
  }
  void read(Split split, int64_t index, const Sample& sample) const override {
    std::vector<float> rows;
    for (int64_t y = 0; y < size_; ++y) {
      rows.push_back(static_cast<float>((y + index + (split == Split::test ? 1 : 0)) % size_) /
                     static_cast<float>(size_));
    }
    if (index % 2 == 1) {
      rows = std::vector<float>(rows.rbegin(), rows.rend());
    }
    for (int64_t i = 0; i < size_ * size_; ++i) {
      static_cast<float*>(sample.fields()[0])[i] = rows.at(static_cast<size_t>(i / size_));
    }
    *static_cast<int64_t*>(sample.fields()[1]) = index % 2;
  }

 private:
  int64_t size_;
};

class Squares final : public ReconstructionLoss {
 public:
  static void describe(Description& d) { d.summary = "Squared differences."; }
  Squares(const Settings&, const DataSpec&, Builder&) {}
  Tensor per_sample(Tensor output, Tensor target) const override { return sum(square(output - target).flatten(), {1}); }
  Tensor image(Tensor output) const override { return output; }
};

// An autoencoder with a label to guess, on layers, lambdas and containers.
class Guess final : public Model {
 public:
  static void describe(Description& d) {
    d.summary = "Images of few numbers, and their classes.";
    d.text("fails", "", "where it gives up").choices({"", "build", "step"});
    d.loss("reconstruction", "reconstruction", "", "of an image");
  }
  Guess(const Settings& settings, const DataSpec& data, Builder& build)
      : fails_(settings.text("fails")), image_{data.channels(), data.height(), data.width()} {
    const Builder net = build.group("net");
    const int64_t pixels = data.image().elements();
    encode_ = Linear(net.scope("encode"), pixels, 6);
    decode_ = Linear(net.scope("decode"), 6, pixels);
    classify_ = Linear(net.scope("classify"), 6, data.classes());
    loss_ = build.loss("reconstruction");
    if (fails_ == "build") {
      std::ostringstream words;
      words << "it was told to fail, with " << pixels << " pixels";
      give_up(words.str(), [&](const std::string& message) { build.fail(message); });
    }
  }
  void train_step(Step& step) const override {
    if (fails_ == "step") {
      give_up("it was told to fail", [&](const std::string& message) { step.fail(message); });
    }
    const Tensor code = relu(encode_(step.images().flatten()));
    std::map<std::string, Tensor> losses;
    losses["reconstruction"] = loss_(decode_(code).reshape(shape(step.batch_size())), step.images());
    losses["class"] = mean(cross_entropy(classify_(code), step.labels()));
    Tensor loss = losses.at("class");
    for (const auto& [name, value] : losses) {
      step.log(name, value);
      loss = name == "class" ? loss : loss + value;
    }
    step.log("loss", loss);
    step.log("tiny", mean(step.images()) * 1e-39);  // 0 where what is denormal is flushed
    step.minimize("net", loss);
  }
  void evaluate(Evaluation& e) const override {
    e.add_per_sample("loss", cross_entropy(output(e, "logits", 1), e.labels()));
  }
  Tensor sample(Sampling& s, int64_t n) const override { return decode_(s.normal({n, 6})).reshape(shape(n)); }
  std::vector<std::string> output_names() const override { return {"logits"}; }
  Tensor output(Evaluation& e, std::string_view, int64_t) const override {
    return classify_(relu(encode_(e.images().flatten())));
  }

 private:
  [[nodiscard]] std::vector<int64_t> shape(int64_t n) const { return {n, image_[0], image_[1], image_[2]}; }
  static void give_up(const std::string& message, const std::function<void(const std::string&)>& otherwise) {
#if defined(__cpp_exceptions)
    (void)otherwise;
    throw std::runtime_error(message);
#else
    otherwise(message);
#endif
  }

  std::string fails_;
  std::vector<int64_t> image_;
  Linear encode_, decode_, classify_;
  Reconstruction loss_;
};

// v = 0.9 v + g;  w -= learning rate * v
class Momentum final : public Optimizer {
 public:
  static constexpr std::initializer_list<const char*> slots = {"v"};
  static void describe(Description& d) {
    d.summary = "Gradient descent with momentum.";
    d.number("learning_rate", 0.01, "step size").range(0);
  }
  explicit Momentum(const Settings&) {}
  void begin_update(const Update& update, double* scalars) const { scalars[0] = update.learning_rate; }
  void update(const double* scalars, size_t count, float* w, const float* g, float* const* slot) const {
    const auto rate = static_cast<float>(scalars[0]);
    for (size_t i = 0; i < count; ++i) {
      slot[0][i] = 0.9F * slot[0][i] + g[i];
      w[i] -= rate * slot[0][i];
    }
  }
};

// The share of samples whose class is guessed right.
class Right final : public Metric {
 public:
  static void describe(Description& d) {
    d.summary = "Guessed right.";
    d.measure("", Direction::larger, "fraction", "of the samples");
  }
  Right(const Settings&, const DataSpec&, Builder&) {
    passes = {Pass::over(Pass::Data::evaluated, {Collected::each("logits", {2}), Collected::each("label")})};
    results = {{"", {}}};
  }
  std::vector<Tensor> batch(Measurement& m) const override { return {m.output("logits"), to_real(m.labels())}; }
  ValueLists finish(const CollectedValues& collected) const override {
    const std::vector<double>&logits = collected[0][0], &labels = collected[0][1];
    double right = 0;
    for (size_t i = 0; i < labels.size(); ++i) {
      right += (logits[2 * i + 1] > logits[2 * i]) == (labels[i] == 1) ? 1 : 0;
    }
    return {{right / static_cast<double>(labels.size())}};
  }
};

}  // namespace

ATELIER_DATASET("data-" BUILT_BY, Rows)
ATELIER_LOSS("loss-" BUILT_BY, Squares)
ATELIER_MODEL("model-" BUILT_BY, Guess)
ATELIER_OPTIMIZER("optimizer-" BUILT_BY, Momentum)
ATELIER_METRIC("metric-" BUILT_BY, Right)
