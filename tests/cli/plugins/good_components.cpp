// A component of each kind, for `atelier plugins --check`, which has nothing to say against them.
#include <atelier/custom_operation.hpp>
#include <atelier/dataset.hpp>
#include <atelier/loss.hpp>
#include <atelier/metric.hpp>
#include <atelier/model.hpp>
#include <atelier/optimizer.hpp>
#include <atelier/recorded_optimizer.hpp>
#include <cmath>
#include <cstdio>

namespace {

using namespace atelier;

// sign(x) max(|x| - t, 0) with a threshold for each column.
struct GoodThreshold {
  static void describe(OperationDescription& d) {
    d.summary = "Soft threshold, one for each column.";
    d.input("x");
    d.input("threshold", OperationDescription::How::shared);
    d.index_input("which");
    d.output("y");
    d.number_attribute("scale", 0.25);
  }
  static void infer(const OperationShapes& shapes) {
    const auto x = shapes.input(0), threshold = shapes.input(1);
    if (x.size() != 2 || threshold.size() != 1 || threshold[0] != x[1] || shapes.input(2).size() != 1) {
      shapes.fail("expected (B, C), (C) and (B)");
    }
    shapes.output(0, x);
  }
  template <typename Real>
  static Real threshold(const OperationCall<Real>& call, int64_t row, int64_t column) {
    const auto scale = static_cast<Real>(call.number(0));
    return scale * call.input(1)[static_cast<size_t>(column)] *
           static_cast<Real>(1 + call.indices(2)[static_cast<size_t>(row)]);
  }
  template <typename Real>
  static void forward(const OperationCall<Real>& call) {
    const auto x = call.input(0);
    for (int64_t r = 0; r < x.dim(0); ++r) {
      for (int64_t c = 0; c < x.dim(1); ++c) {
        const auto i = static_cast<size_t>(r * x.dim(1) + c);
        call.output(0)[i] = x[i] - std::tanh(threshold(call, r, c) * x[i]);
      }
    }
  }
  template <typename Real>
  static void gradient(const OperationCall<Real>& call) {
    const auto x = call.input(0);
    std::fill_n(call.input_gradient(1).data(), call.input_gradient(1).size(), Real(0));
    for (int64_t r = 0; r < x.dim(0); ++r) {
      for (int64_t c = 0; c < x.dim(1); ++c) {
        const auto i = static_cast<size_t>(r * x.dim(1) + c);
        const Real t = threshold(call, r, c), slope = 1 - std::pow(std::tanh(t * x[i]), Real(2));
        const Real g = call.output_gradient(0)[i];
        if (call.needs_gradient(0)) {
          call.input_gradient(0)[i] = g * (1 - slope * t);
        }
        if (call.needs_gradient(1)) {
          const auto scale =
              static_cast<Real>(call.number(0)) * static_cast<Real>(1 + call.indices(2)[static_cast<size_t>(r)]);
          call.input_gradient(1)[static_cast<size_t>(c)] -= g * slope * x[i] * scale;
        }
      }
    }
  }
};

class GoodModel final : public Model {
 public:
  static void describe(Description& d) {
    d.summary = "An autoencoder with a soft threshold.";
    d.integer("latent", 0, "length of the code").range(2, 64).required();
    d.loss("reconstruction", "reconstruction", "", "how far the output is from the image");
    d.measure("loss", Direction::smaller, "", "of the output");
  }
  GoodModel(const Settings& settings, const DataSpec& data, Builder& build)
      : image_(data.image().dims),
        latent_(settings.integer("latent")),
        encoder_(build.group("all").scope("encoder"), data.image().elements(), latent_),
        decoder_(build.group("all").scope("decoder"), latent_, data.image().elements()),
        threshold_(build.group("all").parameter("threshold", {latent_}, Initializer::constant(0.5))),
        steps_(build.state("steps", {}, 0)),
        reconstruction_(build.loss("reconstruction")) {
    std::puts("the model is made");
    std::fflush(stdout);
  }
  void train_step(Step& step) const override {
    std::puts("the model trains");
    std::fflush(stdout);
    const Tensor x = step.images();
    const Tensor loss = reconstruction_(decode(code(x)), x);
    step.minimize("all", loss);
    step.log("loss", loss);
    steps_.assign(steps_.use(x) + 1.0);
  }
  void evaluate(Evaluation& e) const override {
    const Tensor x = e.images();
    e.add_per_sample("loss", reconstruction_.per_sample(decode(code(x)), x));
  }
  Tensor sample(Sampling& s, int64_t n) const override { return reconstruction_.image(decode(s.normal({n, latent_}))); }
  [[nodiscard]] std::vector<std::string> feature_names() const override { return {"code"}; }
  Tensor feature(Recording&, Tensor images, std::string_view) const override { return code(images); }
  [[nodiscard]] std::vector<std::string> output_names() const override { return {"posterior_mean", "sparsity"}; }
  Tensor output(Evaluation& e, std::string_view name, int64_t) const override {
    const Tensor z = code(e.images());
    return name == "sparsity" ? mean(square(z), {1}) : z;
  }
  [[nodiscard]] std::vector<View> views() const override {
    return {{.name = "reconstruction", .help = "an image and its reconstruction", .uses_data = true},
            {.name = "noise", .help = "three samples"}};
  }
  Tensor view(Sampling& s, std::string_view name, int64_t n) const override {
    const std::vector<int64_t> strip{-1, name == "noise" ? 3 : 1, image_[0], image_[1], image_[2]};
    return name == "noise" ? decode(s.normal({3 * n, latent_})).reshape(strip)
                           : decode(code(s.images())).reshape(strip);
  }

 private:
  [[nodiscard]] Tensor code(Tensor x) const {
    const Tensor z = encoder_(x.flatten());
    const NamedOperation threshold("good_threshold/1");
    return threshold({z, threshold_.use(z), argmax(z)});
  }
  [[nodiscard]] Tensor decode(Tensor z) const {
    return decoder_(z).reshape({z.dim(0), image_[0], image_[1], image_[2]});
  }

  std::vector<int64_t> image_;
  int64_t latent_;
  Linear encoder_, decoder_;
  Parameter threshold_, steps_;
  Reconstruction reconstruction_;
};

class GoodLoss final : public DivergenceLoss {
 public:
  static void describe(Description& d) { d.summary = "The squared mean and variance."; }
  GoodLoss(const Settings&, const DataSpec&, Builder&) {}
  Tensor per_sample(Tensor mean, Tensor log_variance) const override {
    return sum(square(mean), {1}) + sum(square(log_variance), {1});
  }
};

class GoodOptimizer final : public Optimizer {
 public:
  static constexpr std::initializer_list<const char*> slots = {"velocity"};
  static void describe(Description& d) {
    d.summary = "Momentum, and a weight decay that spares vectors.";
    d.number("learning_rate", 0.01, "step size").range(0);
  }
  explicit GoodOptimizer(const Settings&) {}
  void prepare(const ParameterInfo& parameter, double* constants) const {
    constants[0] = parameter.dims.size() > 1 ? 1e-2 : 0;
  }
  void begin_update(const Update& update, double* scalars) const { scalars[0] = update.learning_rate; }
  template <typename Real>
  void update(const double* scalars, const double* constants, size_t count, Real* parameter, const Real* gradient,
              Real* const* kept) const {
    for (size_t i = 0; i < count; ++i) {
      kept[0][i] = Real(0.9) * kept[0][i] + gradient[i] + static_cast<Real>(constants[0]) * parameter[i];
      parameter[i] -= static_cast<Real>(scalars[0]) * kept[0][i];
    }
  }
};

// The gradient divided by its norm, of each parameter.
class GoodRecordedOptimizer final : public RecordedOptimizer {
 public:
  static void describe(Description& d) {
    d.summary = "Normalized gradient descent.";
    d.number("learning_rate", 0.01, "step size").range(0);
  }
  explicit GoodRecordedOptimizer(const Settings&) {}
  void update(GroupUpdate& update) const override {
    for (const UpdatedParameter& updated : update.parameters) {
      const Tensor length = norm(updated.gradient) + 1e-8;
      updated.parameter.assign(updated.value - update.learning_rate * updated.gradient / length);
    }
  }
};

class GoodDataset final : public Dataset {
 public:
  static void describe(Description& d) { d.summary = "Grey ramps, with the text of their number."; }
  GoodDataset(const Settings&, const Environment&) {
    fields = {Field::image_of_bytes("image", {1, 8, 8}), Field::label("label", 4), Field::text("text", 3)};
    train_count = 40;
    test_count = 10;
  }
  void read(Split, int64_t index, const Sample& sample) const override {
    for (int i = 0; i < 64; ++i) {
      sample.bytes(0)[i] = static_cast<uint8_t>(4 * i % (index + 7));
    }
    *sample.integers(1) = index % 4;
    for (int i = 0; i < 3; ++i) {
      sample.integers(2)[i] = '0' + (index + i) % 10;
    }
  }
  [[nodiscard]] int64_t group(int64_t index) const override { return index / 2; }
};

// Two passes: the mean of the data, then the variance around it, and how far the generated samples' mean is away.
class GoodMetric final : public Metric {
 public:
  static void describe(Description& d) {
    d.summary = "Mean and variance of the data, and the distance of the generated samples' mean.";
    d.measure("variance", Direction::neither, "", "of the pixels");
    d.measure("distance", Direction::smaller, "", "of the means");
  }
  GoodMetric(const Settings&, const DataSpec&, Builder&) {
    passes = {Pass::over(Pass::Data::evaluated, {Collected::sum("sum"), Collected::sum("count")}),
              Pass{.data = Pass::Data::evaluated,
                   .generates = true,
                   .collected = {Collected::sum("squares"), Collected::each("generated")}}};
    results = {{"variance", {}}, {"distance", {}}};
  }
  std::vector<Tensor> batch(Measurement& m) const override {
    const Tensor x = m.images();
    if (m.pass() == 0) {
      return {sum(x), m.scalar(static_cast<double>(x.elements()))};
    }
    const double mean_of_all = m.before()[0][0][0] / m.before()[0][1][0];
    return {sum(square(x - mean_of_all)), mean(m.generated().flatten(), {1})};
  }
  [[nodiscard]] ValueLists finish(const CollectedValues& collected) const override {
    const double count = collected[0][1][0], mean_of_all = collected[0][0][0] / count;
    double generated = 0;
    for (const double value : collected[1][1]) {
      generated += value / static_cast<double>(collected[1][1].size());
    }
    return {{collected[1][0][0] / count}, {std::abs(generated - mean_of_all)}};
  }
};

// Asks for what only the model of this library has.
class GoodMetricOfTheModel final : public Metric {
 public:
  static void describe(Description& d) {
    d.summary = "The sum of the model's sparsity.";
    d.measure("", Direction::neither, "", "the sum");
  }
  GoodMetricOfTheModel(const Settings&, const DataSpec&, Builder&) {
    passes = {Pass::over(Pass::Data::evaluated, {Collected::sum("sum")})};
    results = {{"", {}}};
  }
  std::vector<Tensor> batch(Measurement& m) const override { return {sum(m.output("sparsity"))}; }
  [[nodiscard]] ValueLists finish(const CollectedValues& collected) const override { return {{collected[0][0][0]}}; }
};

}  // namespace

ATELIER_OPERATION("good_threshold/1", GoodThreshold)
ATELIER_MODEL("good-model", GoodModel)
ATELIER_LOSS("good-loss", GoodLoss)
ATELIER_OPTIMIZER("good-optimizer", GoodOptimizer)
ATELIER_RECORDED_OPTIMIZER("good-recorded-optimizer", GoodRecordedOptimizer)
ATELIER_DATASET("good-dataset", GoodDataset)
ATELIER_METRIC("good-metric", GoodMetric)
ATELIER_METRIC("good-metric-of-the-model", GoodMetricOfTheModel)
