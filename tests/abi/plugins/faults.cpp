// Mistakes of authors, one at a time: each of them has to end in an error that names it, in whatever step it is made.
#include <algorithm>
#include <atelier/dataset.hpp>
#include <atelier/loss.hpp>
#include <atelier/metric.hpp>
#include <atelier/model.hpp>
#include <atelier/optimizer.hpp>
#include <atelier/recurrent.hpp>
#include <functional>
#include <limits>
#include <new>
#include <stdexcept>

namespace {

using namespace atelier;

constexpr int64_t far_away = int64_t{1} << 62U;

class Faults final : public Model {
 public:
  static void describe(Description& d) {
    d.summary = "An autoencoder of the image, with one fault.";
    d.text("fault", "none", "which");
    d.text("output", "log_likelihood", "the output that it offers");
    d.text("logged", "other", "what it calls the other loss in training");
    d.text("measured", "loss", "what it calls the loss in evaluation");
    d.loss("reconstruction", "reconstruction", "mse", "what is minimized");
    d.loss("other", "reconstruction", "mse", "what is logged beside it");
  }
  Faults(const Settings& settings, const DataSpec& data, Builder& build)
      : fault_(settings.text("fault")),
        output_(settings.text("output")),
        logged_(settings.text("logged")),
        measured_(settings.text("measured")),
        image_(data.image().dims),
        pixels_(data.image().elements()),
        code_(build.group("all").scope("code"), pixels_, 4),
        layer_(build.group("all").scope("layer"), 4, pixels_),
        reconstruction_(build.loss("reconstruction")),
        other_(build.loss("other")) {
    if (fault_ == "fail") {
      const Field* masks = data.find("masks");
      if (masks == nullptr) {
        build.fail("faults: the data has no masks");
      }
      pixels_ = masks->dims.at(0);
    }
    const Builder more = build.group("all").scope("more");
    if (fault_ == "initializer") {
      Linear(more, 1, 1, Initializer::named("he_unifrom"));  // FAULT: initializer
    } else if (fault_ == "reluu") {
      const Mlp mlp(more, {1, 1}, {.activation = fault_});  // FAULT: reluu
    } else if (fault_ == "output activation") {
      const Mlp mlp(more, {1, 1}, {.output_activation = "soft plus"});  // FAULT: output activation
    } else if (fault_ == "cell") {
      const Recurrent recurrent(more, "lstn", 1, 1);  // FAULT: cell
    } else if (fault_ == "recurrent initializer") {
      const Recurrent recurrent(more, "lstm", 1, 1, 1, "unifrom");  // FAULT: recurrent initializer
    }
    if (fault_ == "in a Sequential") {
      Sequential(more).activate("tanj");  // FAULT: in a Sequential
    } else if (fault_ == "normalization") {
      const LinearStack stack(more, 1, {1}, {.norm = "bacth"});  // FAULT: normalization
    } else if (fault_ == "no way back") {
      const ConvolutionTransposeStack up(more, {{1, 4, 4}, {1, 4, 4}}, 4, {.stride = 2});  // FAULT: no way back
    } else if (fault_ == "small images") {
      const ConvolutionStack down(more, {1, 4, 4}, {2, 2}, 3, {});  // FAULT: small images
    } else if (fault_ == "nothing to pool") {
      const ConvolutionStack down(more, {1, 4, 5}, {2}, 3, {}, {}, 1);                    // so far there is
      const ConvolutionStack pooled(more.scope("pooled"), {1, 3, 5}, {2}, 3, {}, {}, 1);  // FAULT: nothing to pool
    } else if (fault_ == "one width") {
      const Mlp mlp(more, {3});  // FAULT: one width
    }
    if (fault_ == "fail silently") {
      build.fail("");
    }
    if (fault_ == "layer") {
      Linear(build.group("all").scope("huge"), 1'000'000, 1'000'000);
    }
    if (fault_ == "parameter") {
      build.group("all").parameter("vast", {far_away, 4}, Initializer::constant(0));
    }
  }

  void train_step(Step& step) const override {
    const Tensor x = step.images().flatten();
    const Tensor y = layer_(code_(x));
    step.log("mistake", mistake(step, x));
    const Tensor loss = reconstruction_(y, x);
    step.minimize("all", loss + mean(square(y - x)));
    step.log("loss", loss);
    step.log(logged_, other_(y, x));  // FAULT: logged
    seen_ = step.step();
  }
  void evaluate(Evaluation& e) const override {
    const Tensor x = e.images().flatten();
    e.add_per_sample(measured_, reconstruction_.per_sample(layer_(code_(x)), x));  // FAULT: measured
  }
  Tensor sample(Sampling& s, int64_t n) const override {
    if (fault_ == "sample later" && seen_ > 3) {
      return {};
    }
    const Tensor images = layer_(s.normal({n, 4})).reshape({n, image_[0], image_[1], image_[2]});
    return fault_ == "sample smaller" && seen_ > 3 ? images.slice(2, 0, 3) : images;
  }
  std::vector<std::string> output_names() const override { return {output_}; }
  Tensor output(Evaluation& e, std::string_view, int64_t) const override {
    return fault_ == "no output" ? Tensor() : e.images();
  }
  std::vector<View> views() const override { return {{"blank", "strips without an image"}, {"five", "of channels"}}; }
  Tensor view(Sampling& s, std::string_view name, int64_t n) const override {
    return name == "blank" ? s.normal({n, 0, 1, 8, 8}) : s.normal({n, 2, 5, 8, 8});
  }

 private:
  Tensor mistake(Step& step, Tensor x) const {
    const int64_t t = step.step();
    const Tensor counting = step.constant({8}, std::vector<float>{0, 1, 2, 3, 4, 5, 6, 7});
    if (fault_ == "kept") {
      kept_ = kept_.handle() == 0 ? mean(x) : kept_ * 0.9 + mean(x) * 0.1;  // FAULT: kept
      return kept_;
    }
    if (fault_ == "empty") return mean(Tensor());                                          // FAULT: empty
    if (fault_ == "constant") return sum(step.constant({16, 4}, std::vector<float>(3)));   // FAULT: constant
    if (fault_ == "dims") return mean(step.normal({far_away, 4}));                         // FAULT: dims
    if (fault_ == "dims apart") return mean(step.normal({1LL << 32U, (1LL << 31U) + 1}));  // FAULT: dims apart
    if (fault_ == "below nothing") return mean(step.normal({-1, 4}));                      // FAULT: below nothing
    if (fault_ == "memory") return mean(step.normal({1LL << 38U}));                        // FAULT: memory
    if (fault_ == "upsample") return mean(upsample_nearest2d(step.images(), 1LL << 40U));  // FAULT: upsample
    if (fault_ == "slice") return sum(counting.slice(0, 2 * t - 2, 4));                    // FAULT: slice
    if (fault_ == "update_slice") {
      return sum(counting.update_slice(0, 2 * t - 2, step.full({4}, 0)));  // FAULT: update_slice
    }
    if (fault_ == "dropout") return sum(dropout(counting, 0.4 * static_cast<double>(t - 1)));  // FAULT: dropout
    if (fault_ == "dropout nan") {
      return sum(dropout(counting, t < 3 ? 0.0 : std::numeric_limits<double>::quiet_NaN()));  // FAULT: dropout nan
    }
    if (fault_ == "activation") return mean(activate("tan", x));  // FAULT: activation
    if (fault_ == "every name") {
      Tensor total = step.scalar(0);
      for (const char* name : detail::activation_names) {
        total = total + mean(activate(name, x));
      }
      return total;
    }
    if (fault_ == "poison") {
      const std::vector<int64_t> shape = x.reshape({3, 5}).shape();  // FAULT: poison
      return mean(step.normal({shape[0], shape[1]}));
    }
    if (fault_ == "endless") {
      for (Tensor image = x.reshape({3, 5}); image.dim(1) < 32;) {  // FAULT: endless
        image = concatenate({image, image}, 1);
      }
    }
    if (fault_ == "function") {
      const std::function<Tensor(Tensor)> layer = Linear(code_);
      return mean(layer(step.scalar(1)));  // FAULT: function
    }
    return mean(x);
  }

  std::string fault_, output_, logged_, measured_;
  std::vector<int64_t> image_;
  int64_t pixels_;
  mutable int64_t seen_ = 0;
  Linear code_, layer_;
  Reconstruction reconstruction_, other_;
  mutable Tensor kept_;
};

class Numbers final : public Dataset {
 public:
  static void describe(Description& d) { d.summary = "Numbers, and no image."; }
  Numbers(const Settings&, const Environment&) {
    fields = {{"number", ATL_FLOAT32, {4}, 0, 0, 1}};
    train_count = 64;
    test_count = 16;
  }
  void read(Split, int64_t index, const Sample& sample) const override {
    std::fill_n(sample.reals(0), 4, static_cast<float>(index % 8) / 8.0F);
  }
};

class MeanOfNumbers final : public Model {
 public:
  static void describe(Description& d) { d.summary = "The mean of the field \"number\"."; }
  MeanOfNumbers(const Settings&, const DataSpec&, Builder& build)
      : mean_(build.group("mean").parameter("number", {4}, Initializer::constant(0))) {}
  void train_step(Step& step) const override {
    const Tensor x = step.data("number");
    const Tensor loss = mean(square(x - mean_.use(x)));
    step.minimize("mean", loss);
    step.log("loss", loss);
  }
  void evaluate(Evaluation& e) const override {
    const Tensor x = e.data("number");
    e.add_per_sample("loss", mean(square(x - mean_.use(x)), {1}));
  }
  std::vector<View> views() const override { return {{"picture", "of numbers"}}; }
  Tensor view(Sampling& s, std::string_view, int64_t n) const override { return s.full({n, 1, 1, 2, 2}, 0.5); }

 private:
  Parameter mean_;
};

class FaultyLoss final : public ReconstructionLoss {
 public:
  static void describe(Description& d) {
    d.summary = "The squared error, with one fault.";
    d.text("fault", "none", "which");
  }
  FaultyLoss(const Settings& settings, const DataSpec&, Builder& build) : fault_(settings.text("fault")) {
    if (fault_ == "constructor") {
      build.fail("not with these data");
    }
  }
  Tensor per_sample(Tensor output, Tensor target) const override {
    if (fault_ == "throw" && ++calls_ == 6) {
      throw std::runtime_error("boom");
    }
    if (fault_ == "memory") {
      (void)sum(output);  // FAULT: loss of memory
      throw std::bad_alloc();
    }
    if (fault_ == "silent") throw std::runtime_error("");
    if (fault_ == "scalar") return sum(output);
    if (fault_ == "pixels") return square(output - target);
    if (fault_ == "nothing") return {};
    if (fault_ == "integers") return argmax(output, 1);
    return sum(square(output - target), {1});
  }
  Tensor image(Tensor output) const override { return output; }

 private:
  std::string fault_;
  mutable int calls_ = 0;
};

class OutputOf final : public Metric {
 public:
  static void describe(Description& d) {
    d.summary = "The sum of an output.";
    d.text("of", "log_likelihood", "which");
  }
  OutputOf(const Settings& settings, const DataSpec&, Builder&) : of_(settings.text("of")) {
    passes = {Pass::over(Pass::Data::evaluated, {Collected::sum("sum")})};
    results = {{"", {}}};
  }
  std::vector<Tensor> batch(Measurement& measurement) const override { return {sum(measurement.output(of_))}; }
  ValueLists finish(const CollectedValues& found) const override { return {{found[0][0][0]}}; }

 private:
  std::string of_;
};

// Sutskever et al. 2013's product of momenta, kept where a resumed run does not find it.
class Forgetful final : public Optimizer {
 public:
  static constexpr std::initializer_list<const char*> slots = {};
  static void describe(Description& d) {
    d.summary = "A step that shrinks with every update.";
    d.number("learning_rate", 0.01, "step size").range(0);
  }
  explicit Forgetful(const Settings&) {}
  void begin_update(const Update& update, double* scalars) const {
    product_ *= 0.99;
    scalars[0] = update.learning_rate * product_;
  }
  void update(const double* scalars, size_t count, float* parameter, const float* gradient, float* const*) const {
    for (size_t i = 0; i < count; ++i) {
      parameter[i] -= static_cast<float>(scalars[0]) * gradient[i];
    }
  }

 private:
  mutable double product_ = 1;
};

}  // namespace

ATELIER_MODEL("faults", Faults)
ATELIER_MODEL("mean-of-numbers", MeanOfNumbers)
ATELIER_DATASET("numbers", Numbers)
ATELIER_LOSS("faulty", FaultyLoss)
ATELIER_METRIC("output-of", OutputOf)
ATELIER_OPTIMIZER("forgetful", Forgetful)
