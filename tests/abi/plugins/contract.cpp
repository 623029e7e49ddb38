// Components that use what the contract has for few: operations of their own, parameters that begin from values, data
// as bytes, metrics of several passes, two versions of one model.
#include <atelier/custom_operation.hpp>
#include <atelier/dataset.hpp>
#include <atelier/metric.hpp>
#include <atelier/model.hpp>
#include <cmath>
#include <stdexcept>

namespace {

using namespace atelier;

// y = sign(x) max(|x| - t, 0), with a threshold t for each column, times a factor. Parikh & Boyd 2014, section 6.5.2.
struct SoftThreshold {
  static void describe(OperationDescription& d) {
    d.summary = "x (B, N), threshold (N) -> (B, N): towards zero by the threshold";
    d.input("x");
    d.input("threshold", OperationDescription::How::shared);
    d.output("y");
    d.number_attribute("factor", 1.0, true);
  }
  static void infer(const OperationShapes& shapes) {
    if (shapes.input(0).size() != 2 || shapes.input(1).size() != 1 || shapes.input(0)[1] != shapes.input(1)[0]) {
      shapes.fail("expected x (B, N) and a threshold (N)");
    }
    shapes.output(0, shapes.input(0));
  }
  template <typename Real>
  static void forward(const OperationCall<Real>& call) {
    const auto x = call.input(0), t = call.input(1);
    const auto y = call.output(0);
    for (size_t i = 0; i < x.size(); ++i) {
      const Real above = std::max(std::abs(x[i]) - t[i % t.size()], Real{0});
      y[i] = static_cast<Real>(call.number(0)) * std::copysign(above, x[i]);
    }
  }
  template <typename Real>
  static void gradient(const OperationCall<Real>& call) {
    const auto x = call.input(0), t = call.input(1), g = call.output_gradient(0);
    const auto dx = call.input_gradient(0), dt = call.input_gradient(1);
    std::fill(dt.begin(), dt.end(), Real{0});
    for (size_t i = 0; i < x.size(); ++i) {
      const size_t column = i % t.size();
      const Real slope = std::abs(x[i]) > t[column] ? static_cast<Real>(call.number(0)) * g[i] : Real{0};
      dx[i] = slope;
      dt[column] -= std::copysign(slope, x[i] * slope);
    }
  }
};

// Fails where its input is above 0.5 in the first place of a sample.
struct Fragile {
  static void describe(OperationDescription& d) {
    d.summary = "x (B, N) -> (B, N): x, where it is not too bright";
    d.input("x");
    d.output("y");
  }
  static void infer(const OperationShapes& shapes) { shapes.output(0, shapes.input(0)); }
  template <typename Real>
  static void forward(const OperationCall<Real>& call) {
    const auto x = call.input(0);
    for (size_t i = 0; i < x.size(); ++i) {
      if (x[i] > Real{0.5}) {
        throw std::runtime_error("too bright");
      }
      call.output(0)[i] = x[i];
    }
  }
  template <typename Real>
  static void gradient(const OperationCall<Real>& call) {
    std::copy(call.output_gradient(0).begin(), call.output_gradient(0).end(), call.input_gradient(0).begin());
  }
};

// Learns a picture by way of an operation, and counts its own steps.
class Sparse : public Model {
 public:
  static void describe(Description& d) {
    d.summary = "The mean image, thresholded.";
    d.text("operation", "own", "how the threshold is computed")
        .choices({"own", "composed", "fragile", "twice", "wrong shape"});
    d.number("factor", 1.0, "of the threshold");
  }
  Sparse(const Settings& settings, const DataSpec& data, Builder& build)
      : operation_(settings.text("operation")),
        factor_(settings.number("factor")),
        dims_(data.image().dims),
        elements_(data.image().elements()) {
    const Builder all = build.group("all");
    std::vector<float> ramp(static_cast<size_t>(elements_));
    for (size_t i = 0; i < ramp.size(); ++i) {
      ramp[i] = static_cast<float>(i) / static_cast<float>(ramp.size()) - 0.25F;
    }
    image_ = all.parameter("image", {elements_}, ramp);
    threshold_ = all.parameter("threshold", {elements_}, Initializer::constant(0.1));
  }
  void train_step(Step& step) const override {
    const Tensor x = step.images().flatten();
    const Tensor shown = threshold(x - image_.use(x), threshold_.use(x));
    Tensor loss = mean(square(shown));
    if (operation_ == "twice") {
      loss = loss + mean(square(gradient(loss, shown)));
      loss = loss + mean(square(gradient(sum(shown), x)));  // TWICE: through the operation's gradient
    }
    step.minimize("all", loss);
    step.log("loss", loss);
  }
  void evaluate(Evaluation& e) const override {
    const Tensor x = e.images().flatten();
    e.add_per_sample("loss", mean(square(threshold(x - image_.use(x), threshold_.use(x))), {1}));
  }
  Tensor sample(Sampling& s, int64_t n) const override {
    const Tensor noise = 0.1 * s.normal({n, elements_});
    return (image_.use(noise) + noise).reshape({n, dims_[0], dims_[1], dims_[2]});
  }

 private:
  [[nodiscard]] Tensor threshold(Tensor x, Tensor t) const {
    static const NamedOperation own("soft_threshold/1"), fragile("fragile/1");
    if (operation_ == "composed") {
      return factor_ * (maximum(abs(x) - t, 0.0) * sign(x));
    }
    if (operation_ == "fragile") {
      return fragile({x});
    }
    if (operation_ == "wrong shape") {
      return own({x.reshape({-1}), t}, {NamedOperation::attribute(factor_)});  // SHAPE: of one axis
    }
    return own({x, t}, {NamedOperation::attribute(factor_)});
  }

  std::string operation_;
  double factor_;
  std::vector<int64_t> dims_;
  int64_t elements_;
  Parameter image_, threshold_;
};

class SparseTwo final : public Sparse {
 public:
  static void describe(Description& d) {
    Sparse::describe(d);
    d.summary = "The second version.";
  }
  using Sparse::Sparse;
};

// Bytes 0, 1, 2, ... by the index.
class Bytes final : public Dataset {
 public:
  static void describe(Description& d) { d.summary = "Images of one value, as bytes."; }
  Bytes(const Settings&, const Environment&) {
    fields = {Field::image_of_bytes("image", {1, 2, 3}), Field::label("label", 2)};
    train_count = 256;
    test_count = 16;
  }
  void read(Split, int64_t index, const Sample& sample) const override {
    std::fill_n(sample.bytes(0), 6, static_cast<uint8_t>(index));
    *sample.integers(1) = index % 2;
  }
};

// The mean of the training images; then, of the evaluated ones, how far each is from it, and from what is generated.
class Distances final : public Metric {
 public:
  static void describe(Description& d) {
    d.summary = "Distances from the mean training image.";
    d.flag("generated", false, "look at what the model makes beside each image, too");
  }
  Distances(const Settings& settings, const DataSpec&, Builder&) : generated_(settings.flag("generated")) {
    passes = {Pass::over(Pass::Data::training, {Collected::sum("image", {-1}), Collected::sum("count")}),
              Pass::over(Pass::Data::evaluated, {Collected::each("distance")}, 10)};
    passes[1].generates = generated_;
    results = {{"mean", {}}, {"largest", {}}, {"each", {10}}};
  }
  std::vector<Tensor> batch(Measurement& measurement) const override {
    const Tensor x = measurement.images().flatten();
    const auto count = static_cast<double>(measurement.batch_size());
    if (measurement.pass() == 0) {
      return {sum(x, {0}), measurement.scalar(count)};
    }
    const std::vector<double>& total = measurement.before()[0][0];
    std::vector<float> mean(total.begin(), total.end());
    for (float& value : mean) {
      value /= static_cast<float>(measurement.before()[0][1][0]);
    }
    Tensor difference = x - measurement.constant({static_cast<int64_t>(mean.size())}, mean);
    if (generated_) {
      difference = difference + measurement.generated().flatten();
    }
    return {sum(square(difference), {1})};
  }
  ValueLists finish(const CollectedValues& collected) const override {
    const std::vector<double>& each = collected[1][0];
    double sum = 0, largest = 0;
    for (const double distance : each) {
      sum += distance;
      largest = std::max(largest, distance);
    }
    return {{sum / static_cast<double>(each.size())}, {largest}, each};
  }

 private:
  bool generated_;
};

// What it is asked for, the same for every sample.
class Grey final : public Model {
 public:
  static void describe(Description& d) { d.summary = "Makes images of 0.25."; }
  Grey(const Settings&, const DataSpec& data, Builder& build)
      : dims_(data.image().dims), level_(build.group("all").parameter("level", {1}, Initializer::constant(0.25))) {}
  void train_step(Step& step) const override { step.minimize("all", mean(square(level_.use(step.images()) - 0.25))); }
  void evaluate(Evaluation& e) const override { e.add_per_sample("loss", mean(e.images().flatten(), {1})); }
  Tensor sample(Sampling& s, int64_t n) const override { return s.full({n, dims_[0], dims_[1], dims_[2]}, 0.25); }

 private:
  std::vector<int64_t> dims_;
  Parameter level_;
};

}  // namespace

ATELIER_OPERATION("soft_threshold/1", SoftThreshold)
ATELIER_OPERATION("fragile/1", Fragile)
ATELIER_MODEL("sparse", Sparse)
ATELIER_MODEL("sparse@2", SparseTwo)
ATELIER_MODEL("grey-images", Grey)
ATELIER_DATASET("bytes", Bytes)
ATELIER_METRIC("distances", Distances)
