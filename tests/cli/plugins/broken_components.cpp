// Losses, optimizers, datasets, metrics and operations that are broken, each in one way that `atelier plugins --check`
// has to name. broken_models.cpp has the models.
#include <unistd.h>

#include <atelier/custom_operation.hpp>
#include <atelier/dataset.hpp>
#include <atelier/loss.hpp>
#include <atelier/metric.hpp>
#include <atelier/optimizer.hpp>
#include <atelier/recorded_optimizer.hpp>
#include <atomic>
#include <cmath>
#include <cstring>

namespace {

using namespace atelier;

volatile uintptr_t nowhere = 8;  // the compiler shall not see what becomes of it

// ---- Losses

class NanLoss final : public ReconstructionLoss {
 public:
  static void describe(Description& d) { d.summary = "The logarithm of what may be negative."; }
  NanLoss(const Settings&, const DataSpec&, Builder&) {}
  Tensor per_sample(Tensor output, Tensor target) const override {
    return sum(log(output.flatten() - target.flatten()), {1});
  }
  Tensor image(Tensor output) const override { return output; }
};
class ScalarLoss final : public ClassificationLoss {
 public:
  static void describe(Description& d) { d.summary = "One number for the batch."; }
  ScalarLoss(const Settings&, const DataSpec&, Builder&) {}
  Tensor per_sample(Tensor logits, Tensor labels) const override { return mean(cross_entropy(logits, labels)); }
};
class CountingLoss final : public AdversarialLoss {
 public:
  static void describe(Description& d) { d.summary = "Another one with every call."; }
  CountingLoss(const Settings&, const DataSpec&, Builder&) {}
  Tensor discriminator(const Network& network, Tensor real, Tensor fake) const override {
    return mean(network(fake)) - mean(network(real));
  }
  Tensor generator(const Network& network, Tensor fake) const override {
    calls_ += 1;
    return -mean(network(fake)) * calls_;
  }

 private:
  mutable double calls_ = 0;
};

// ---- Optimizers

struct Descent : Optimizer {
  static constexpr std::initializer_list<const char*> slots = {};
  static void describe(Description& d) {
    d.summary = "Gradient descent, with a mistake.";
    d.number("learning_rate", 0.01, "step size").range(0);
  }
  explicit Descent(const Settings&) {}
  void begin_update(const Update& update, double* scalars) const { scalars[0] = update.learning_rate; }
};
struct BlocksMatter final : Descent {  // divides by the block's norm
  using Descent::Descent;
  template <typename Real>
  void update(const double* scalars, size_t count, Real* parameter, const Real* gradient, Real* const*) const {
    Real norm = 0;
    for (size_t i = 0; i < count; ++i) {
      norm += gradient[i] * gradient[i];
    }
    for (size_t i = 0; i < count; ++i) {
      parameter[i] -= static_cast<Real>(scalars[0]) * gradient[i] / (std::sqrt(norm) + Real(1e-3));
    }
  }
};
struct OtherInDouble final : Descent {
  using Descent::Descent;
  void update(const double* scalars, size_t count, float* parameter, const float* gradient, float* const*) const {
    for (size_t i = 0; i < count; ++i) {
      parameter[i] -= static_cast<float>(scalars[0]) * gradient[i];
    }
  }
  void update(const double* scalars, size_t count, double* parameter, const double* gradient, double* const*) const {
    for (size_t i = 0; i < count; ++i) {
      parameter[i] += scalars[0] * gradient[i];
    }
  }
};
struct KeepsTheRate final : Descent {  // in a member that the next begin_update overwrites
  using Descent::Descent;
  void begin_update(const Update& update, double*) const {
    rate = update.learning_rate / static_cast<double>(update.t);
  }
  template <typename Real>
  void update(const double*, size_t count, Real* parameter, const Real* gradient, Real* const*) const {
    for (size_t i = 0; i < count; ++i) {
      parameter[i] -= static_cast<Real>(rate) * gradient[i];
    }
  }
  mutable double rate = 0;
};
struct DividesByZero final : Descent {
  using Descent::Descent;
  template <typename Real>
  void update(const double* scalars, size_t count, Real* parameter, const Real* gradient, Real* const*) const {
    for (size_t i = 0; i < count; ++i) {
      parameter[i] -= static_cast<Real>(scalars[0]) * gradient[i] / std::abs(gradient[i]);
    }
  }
};
struct PreparesAnew final : Descent {
  using Descent::Descent;
  void prepare(const ParameterInfo&, double* constants) const { constants[0] = counter += 1; }
  template <typename Real>
  void update(const double* scalars, const double*, size_t count, Real* parameter, const Real* gradient,
              Real* const*) const {
    for (size_t i = 0; i < count; ++i) {
      parameter[i] -= static_cast<Real>(scalars[0]) * gradient[i];
    }
  }
  static inline double counter = 0;
};
struct StandsStill final : Descent {
  using Descent::Descent;
  template <typename Real>
  void update(const double*, size_t, Real*, const Real*, Real* const*) const {}
};
struct WithoutADefaultRate final : Descent {  // shows its mistake at rates above 0 alone
  static void describe(Description& d) {
    d.summary = "Gradient descent, with a mistake and without a default learning rate.";
    d.number("learning_rate", 0, "step size").range(0).required();
  }
  using Descent::Descent;
  template <typename Real>
  void update(const double* scalars, size_t count, Real* parameter, const Real* gradient, Real* const*) const {
    for (size_t i = 0; i < count; ++i) {
      parameter[i] -= static_cast<Real>(scalars[0]) * gradient[count - 1 - i];
    }
  }
};
struct OnlyFloat final : Descent {  // which is its right
  using Descent::Descent;
  void update(const double* scalars, size_t count, float* parameter, const float* gradient, float* const*) const {
    for (size_t i = 0; i < count; ++i) {
      parameter[i] -= static_cast<float>(scalars[0]) * gradient[i];
    }
  }
};
class CountsUpdates final : public RecordedOptimizer {
 public:
  static void describe(Description& d) { Descent::describe(d); }
  explicit CountsUpdates(const Settings&) {}
  void update(GroupUpdate& update) const override {
    ++calls_;
    for (const UpdatedParameter& updated : update.parameters) {
      updated.parameter.assign(updated.value - (update.learning_rate / calls_) * updated.gradient);
    }
  }

 private:
  mutable double calls_ = 0;
};

// ---- Datasets

struct Ramps : Dataset {
  static void describe(Description& d) { d.summary = "Grey ramps, with a mistake."; }
  Ramps(const Settings&, const Environment&) {
    fields = {Field::image("image", {1, 8, 8})};
    train_count = 40;
    test_count = 10;
  }
  void read(Split, int64_t index, const Sample& sample) const override {
    for (int i = 0; i < 64; ++i) {
      sample.reals(0)[i] = static_cast<float>((i + index) % 8) / 8.0F;
    }
  }
};
struct Changes final : Ramps {
  using Ramps::Ramps;
  void read(Split split, int64_t index, const Sample& sample) const override {
    Ramps::read(split, index, sample);
    sample.reals(0)[5] = static_cast<float>(calls++ % 8) / 8.0F;
  }
  mutable std::atomic<int> calls = 0;
};
struct ChangesWithEachDataset final : Ramps {
  ChangesWithEachDataset(const Settings& settings, const Environment& environment)
      : Ramps(settings, environment), number(static_cast<float>(made++ % 8) / 8.0F) {}
  void read(Split split, int64_t index, const Sample& sample) const override {
    Ramps::read(split, index, sample);
    sample.reals(0)[5] = number;
  }
  static inline int made = 0;
  float number;
};
struct SharesScratch final : Ramps {
  using Ramps::Ramps;
  void read(Split split, int64_t index, const Sample& sample) const override {
    Ramps::read(split, index, sample);
    std::memcpy(scratch, sample.reals(0), sizeof scratch);
    usleep(200);
    std::memcpy(sample.reals(0), scratch, sizeof scratch);
  }
  mutable float scratch[64];
};
struct WritesOutside final : Ramps {
  using Ramps::Ramps;
  void read(Split split, int64_t index, const Sample& sample) const override {
    Ramps::read(split, index, sample);
    sample.reals(0)[index == 39 ? 64 : 63] = 0.5F;
  }
};
struct OutOfRange final : Ramps {
  using Ramps::Ramps;
  void read(Split split, int64_t index, const Sample& sample) const override {
    Ramps::read(split, index, sample);
    sample.reals(0)[7] = 255.0F;
  }
};

struct CountsFromOne final : Dataset {  // of a source, whose labels it gives wrongly
  static void describe(Description& d) { d.summary = "The labels of a source, with a mistake."; }
  CountsFromOne(const Settings&, const Environment& environment) : source(environment.source()) {
    if (!source) {
      environment.fail("needs a source: [dataset.source]");
    }
    fields = {Field::label("label", 4)};
    train_count = 20;
    test_count = 10;
  }
  void read(Split, int64_t, const Sample& sample) const override { *sample.integers(0) = 4; }
  Source source;
};
struct OfALargeSource final : Dataset {  // not broken, but the check has no such source
  static void describe(Description& d) { d.summary = "What is made of large pictures."; }
  OfALargeSource(const Settings&, const Environment& environment) {
    environment.fail(environment.source() ? "needs a source with images of 299 x 299" : "needs a source");
  }
  void read(Split, int64_t, const Sample&) const override {}
};

// ---- Metrics

struct Brightness : Metric {
  static void describe(Description& d) {
    d.summary = "The sum of the images, with a mistake.";
    d.measure("", Direction::neither, "", "the sum");
  }
  Brightness(const Settings&, const DataSpec&, Builder&) {
    passes = {Pass::over(Pass::Data::evaluated, {Collected::sum("sum")})};
    results = {{"", {}}};
  }
  std::vector<Tensor> batch(Measurement& m) const override { return {sum(m.images())}; }
  [[nodiscard]] ValueLists finish(const CollectedValues& collected) const override { return {{collected[0][0][0]}}; }
};
struct LeavesOut final : Brightness {
  using Brightness::Brightness;
  [[nodiscard]] ValueLists finish(const CollectedValues&) const override { return {}; }
};
struct CarriesOver final : Brightness {
  using Brightness::Brightness;
  [[nodiscard]] ValueLists finish(const CollectedValues& collected) const override {
    total += collected[0][0][0];
    return {{total}};
  }
  mutable double total = 0;
};

// ---- Operations: 3 x, with a mistake

struct Triple {
  static void describe(OperationDescription& d) {
    d.summary = "Three times x.";
    d.input("x");
    d.output("y");
  }
  static void infer(const OperationShapes& shapes) { shapes.output(0, shapes.input(0)); }
  template <typename Real>
  static void forward(const OperationCall<Real>& call) {
    for (size_t i = 0; i < call.input(0).size(); ++i) {
      call.output(0)[i] = 3 * call.input(0)[i];
    }
  }
  template <typename Real>
  static void gradient(const OperationCall<Real>& call) {
    for (size_t i = 0; i < call.input(0).size(); ++i) {
      call.input_gradient(0)[i] = 3 * call.output_gradient(0)[i];
    }
  }
};
struct WrongGradient : Triple {
  template <typename Real>
  static void gradient(const OperationCall<Real>& call) {
    for (size_t i = 0; i < call.input(0).size(); ++i) {
      call.input_gradient(0)[i] = (i == 4 ? -3 : 3) * call.output_gradient(0)[i];
    }
  }
};
struct SamplesTouch : Triple {  // the place in the call counts
  template <typename Real>
  static void forward(const OperationCall<Real>& call) {
    Triple::forward(call);
    if (call.input(0).dim(0) > 1) {
      call.output(0)[0] += Real(1e-3);
    }
  }
};
struct NoFloat64 : Triple {
  template <typename Real>
  static void forward(const OperationCall<Real>& call) {
    Triple::forward(call);
    if (sizeof(Real) == sizeof(double)) {
      call.output(0)[2] = 0;
    }
  }
  template <typename Real>
  static void gradient(const OperationCall<Real>& call) {
    Triple::gradient(call);
    if (sizeof(Real) == sizeof(double)) {
      call.input_gradient(0)[2] = 0;
    }
  }
};
struct NoShape : Triple {
  static void infer(const OperationShapes& shapes) { shapes.fail("no shape, please"); }
};
struct CrashingOperation : Triple {
  template <typename Real>
  static void forward(const OperationCall<Real>&) {
    *reinterpret_cast<volatile int*>(nowhere) = 1;
  }
};

struct CountsCalls {  // of one whole input, which is on one thread only
  static void describe(OperationDescription& d) {
    d.summary = "Another number with every call.";
    d.input("x", OperationDescription::How::shared);
    d.output("y");
  }
  static void infer(const OperationShapes& shapes) { shapes.output(0, shapes.input(0)); }
  template <typename Real>
  static void forward(const OperationCall<Real>& call) {
    static std::atomic<int> calls = 0;
    ++calls;
    for (size_t i = 0; i < call.input(0).size(); ++i) {
      call.output(0)[i] = call.input(0)[i] + Real(1e-5) * static_cast<Real>(calls);
    }
  }
};

}  // namespace

ATELIER_LOSS("nan-loss", NanLoss)
ATELIER_LOSS("scalar-loss", ScalarLoss)
ATELIER_LOSS("counting-loss", CountingLoss)
ATELIER_OPTIMIZER("blocks-matter", BlocksMatter)
ATELIER_OPTIMIZER("other-in-double", OtherInDouble)
ATELIER_OPTIMIZER("keeps-the-rate", KeepsTheRate)
ATELIER_OPTIMIZER("divides-by-zero", DividesByZero)
ATELIER_OPTIMIZER("prepares-anew", PreparesAnew)
ATELIER_OPTIMIZER("stands-still", StandsStill)
ATELIER_OPTIMIZER("without-a-default-rate", WithoutADefaultRate)
ATELIER_OPTIMIZER("only-float", OnlyFloat)
ATELIER_RECORDED_OPTIMIZER("counts-updates", CountsUpdates)
ATELIER_DATASET("changes", Changes)
ATELIER_DATASET("changes-with-each-dataset", ChangesWithEachDataset)
ATELIER_DATASET("shares-scratch", SharesScratch)
ATELIER_DATASET("writes-outside", WritesOutside)
ATELIER_DATASET("out-of-range", OutOfRange)
ATELIER_DATASET("counts-from-one", CountsFromOne)
ATELIER_DATASET("of-a-large-source", OfALargeSource)
ATELIER_METRIC("leaves-out", LeavesOut)
ATELIER_METRIC("carries-over", CarriesOver)
ATELIER_OPERATION("wrong_gradient/1", WrongGradient)
ATELIER_OPERATION("samples_touch/1", SamplesTouch)
ATELIER_OPERATION("no_float64/1", NoFloat64)
ATELIER_OPERATION("no_shape/1", NoShape)
ATELIER_OPERATION("crashing_operation/1", CrashingOperation)
ATELIER_OPERATION("counts_calls/1", CountsCalls)
