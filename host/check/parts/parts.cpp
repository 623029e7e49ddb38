// What `atelier plugins --check` puts around a component: data of every kind, models that do nothing but call a loss,
// an optimizer or a metric, and a plain optimizer. A plugin as any other, but nobody's to train with.
#include <array>
#include <atelier/dataset.hpp>
#include <atelier/model.hpp>
#include <atelier/optimizer.hpp>

namespace {

using namespace atelier;

// A number in [0, 1) that looks random: the finalizer of MurmurHash3.
double noise(uint64_t key) {
  key ^= key >> 33U;
  key *= 0xff51afd7ed558ccdU;
  key ^= key >> 33U;
  key *= 0xc4ceb9fe1a85ec53U;
  key ^= key >> 33U;
  return static_cast<double>(key >> 11U) * 0x1p-53;
}

// Class, x0, y0, x1, y1 of an image's box: of each two classes of the mask some, and of some images only one box.
std::array<float, 5> box(int64_t index, int64_t i) {
  if (i == 1 && index % 3 == 0) {
    return {-1, -1, -1, -1, -1};
  }
  const auto class_of_it = static_cast<float>((index + i) % 2), x = static_cast<float>(2 * i);
  return {class_of_it, x, 1, x + 2 + class_of_it, 5};
}

// Fields of one kind, or of all kinds at once: a model takes what it knows.
class Data final : public Dataset {
 public:
  static void describe(Description& d) {
    d.summary = "Noise of every kind, for `atelier plugins --check`.";
    d.text("kind", "everything", "which fields there are")
        .choices({"everything", "images", "tokens", "signals", "tables", "numbers"});
    d.integer("size", 8, "height and width of images").range(1, 256);
    d.integer("channels", 1, "of images").range(1, 16);
    d.integer("length", 16, "of texts; signals are four times as long").range(1, 4096);
  }
  Data(const Settings& settings, const Environment&) {
    const std::string kind = settings.text("kind");
    const bool all = kind == "everything";
    const int64_t size = settings.integer("size"), channels = settings.integer("channels");
    const int64_t length = settings.integer("length");
    if (all || kind == "images") {
      fields.push_back(Field::image("image", {channels, size, size}));
      fields.push_back(Field::label("label", 4, {"north", "east", "south", "west"}));
    }
    if (all) {
      fields.push_back({"mask", ATL_INT64, {size, size}, 3});
      fields.push_back(Field::image("target", {channels, size, size}));
      fields.push_back(Field::images("frames", {6, channels, size, size}));
      fields.push_back({"boxes", ATL_FLOAT32, {2, 5}, 0, 0, 0});
    }
    if (all || kind == "tokens") {
      fields.push_back(Field::text("text", length));
    }
    if (all || kind == "signals") {
      fields.push_back(Field::signal("signal", {1, 4 * length}, -1, 1, 8000));
    }
    if (all || kind == "tables") {
      fields.push_back(Field::row("row", {"width", "height", "depth", "mass"}, -1, 1));
    }
    if (kind == "numbers") {
      fields.push_back({"numbers", ATL_FLOAT32, {5}, 0, -1, 1});
    }
    train_count = 22;  // no multiple of a batch
    test_count = 10;
  }

  void read(Split split, int64_t index, const Sample& sample) const override {
    for (size_t f = 0; f < fields.size(); ++f) {
      const Field& field = fields[f];
      for (int64_t i = 0; i < field.elements(); ++i) {
        const double value = noise((static_cast<uint64_t>(split) << 60U) + (static_cast<uint64_t>(index) << 40U) +
                                   (static_cast<uint64_t>(f) << 32U) + static_cast<uint64_t>(i));
        if (field.name == "label") {
          *sample.integers(f) = index % field.classes;  // so that there are some of each class
        } else if (field.name == "boxes") {
          sample.reals(f)[i] = box(index, i / 5)[static_cast<size_t>(i % 5)];
        } else if (field.dtype == ATL_INT64) {
          sample.integers(f)[i] = static_cast<int64_t>(value * static_cast<double>(field.classes));
        } else {
          sample.reals(f)[i] = static_cast<float>(field.low + (field.high - field.low) * value);
        }
      }
    }
  }
};

// θ = θ - η ∇
class Descent final : public Optimizer {
 public:
  static constexpr std::initializer_list<const char*> slots = {};
  static void describe(Description& d) {
    d.summary = "Plain gradient descent, for `atelier plugins --check`.";
    d.number("learning_rate", 1e-3, "step size").range(0);
  }
  explicit Descent(const Settings&) {}
  void begin_update(const Update& update, double* scalars) const { scalars[0] = update.learning_rate; }
  template <typename Real>
  void update(const double* scalars, size_t count, Real* parameter, const Real* gradient, Real* const*) const {
    for (size_t i = 0; i < count; ++i) {
      parameter[i] -= static_cast<Real>(scalars[0]) * gradient[i];
    }
  }
};

// A linear map of the images, which is all that a loss needs to be called with.
struct Map {
  Linear layer;
  std::string name;
  Map(const Builder& build, const DataSpec& data, int64_t outputs, const char* group)
      : layer(build.group(group), data.image().elements(), outputs), name(group) {}
  Tensor operator()(At images) const {
    const CalledFrom caller(images);
    return layer(images.tensor.flatten());
  }
  [[nodiscard]] const std::string& group() const { return name; }
};

class WithReconstruction final : public Model {
 public:
  static void describe(Description& d) {
    d.summary = "Calls a reconstruction loss, for `atelier plugins --check`.";
    d.loss("loss", "reconstruction", "", "the loss that is checked");
  }
  WithReconstruction(const Settings&, const DataSpec& data, Builder& build)
      : map_(build, data, data.image().elements(), "map"), image_(data.image().dims), loss_(build.loss("loss")) {}
  void train_step(Step& step) const override {
    const Tensor x = step.images();
    const Tensor loss = loss_(raw(x), x);
    step.minimize("map", loss);
    step.log("loss", loss);
  }
  void evaluate(Evaluation& e) const override {
    const Tensor x = e.images();
    e.add_per_sample("loss", loss_.per_sample(raw(x), x));
    e.add_per_sample("error", mean(square(loss_.image(raw(x)).flatten() - x.flatten()), {1}));
  }

 private:
  [[nodiscard]] Tensor raw(At x) const { return map_(x).reshape({x.tensor.dim(0), image_[0], image_[1], image_[2]}); }
  Map map_;
  std::vector<int64_t> image_;
  Reconstruction loss_;
};

class WithDivergence final : public Model {
 public:
  static void describe(Description& d) {
    d.summary = "Calls a divergence, for `atelier plugins --check`.";
    d.loss("loss", "divergence", "", "the loss that is checked");
  }
  WithDivergence(const Settings&, const DataSpec& data, Builder& build)
      : mean_(build, data, 3, "mean"), log_variance_(build, data, 3, "log_variance"), loss_(build.loss("loss")) {}
  void train_step(Step& step) const override {
    const Tensor x = step.images();
    const Tensor loss = loss_(mean_(x), log_variance_(x));
    step.minimize("mean", loss);
    step.minimize("log_variance", loss);
    step.log("loss", loss);
  }
  void evaluate(Evaluation& e) const override {
    const Tensor x = e.images();
    e.add_per_sample("loss", loss_.per_sample(mean_(x), log_variance_(x)));
  }

 private:
  Map mean_, log_variance_;
  Divergence loss_;
};

class WithClassification final : public Model {
 public:
  static void describe(Description& d) {
    d.summary = "Calls a classification loss, for `atelier plugins --check`.";
    d.loss("loss", "classification", "", "the loss that is checked");
  }
  WithClassification(const Settings&, const DataSpec& data, Builder& build)
      : logits_(build, data, data.classes(), "map"), loss_(build.loss("loss")) {}
  void train_step(Step& step) const override { loss_.train(step, "map", logits_(step.images()), step.labels()); }
  void evaluate(Evaluation& e) const override { loss_.evaluate(e, logits_(e.images()), e.labels()); }

 private:
  Map logits_;
  Classification loss_;
};

class WithAdversary final : public Model {
 public:
  static void describe(Description& d) {
    d.summary = "Calls an adversarial loss, for `atelier plugins --check`.";
    d.loss("loss", "adversarial", "", "the loss that is checked");
  }
  WithAdversary(const Settings&, const DataSpec& data, Builder& build)
      : generator_(build, data, data.image().elements(), "generator"),
        discriminator_(build, data, 1, "discriminator"),
        loss_(build.loss("loss")) {}
  void train_step(Step& step) const override {
    const Tensor x = step.images();
    const Tensor opponent = loss_.discriminator(discriminator_, x.flatten(), fake(step, x).detach());
    step.minimize("discriminator", opponent);
    const Tensor loss = loss_.generator(discriminator_, fake(step, x));
    step.minimize("generator", loss);
    step.log("loss", loss);
    step.log("discriminator", opponent);
  }
  void evaluate(Evaluation& e) const override {
    const Tensor x = e.images();
    e.add("loss", loss_.generator(discriminator_, fake(e, x)), 1.0);
  }

 private:
  [[nodiscard]] Tensor fake(const Recording& recording, Tensor x) const {
    return generator_(recording.normal(x.shape()));
  }
  Map generator_, discriminator_;
  Adversarial loss_;
};

// Parameters of several shapes and a loss of the data, for optimizers.
class WithParameters final : public Model {
 public:
  static void describe(Description& d) { d.summary = "Parameters for an optimizer, for `atelier plugins --check`."; }
  WithParameters(const Settings&, const DataSpec& data, Builder& build)
      : map_(build, data, 65, "parameters"),
        kernel_(build.group("parameters").parameter("kernel", {4, 3, 3, 3}, Initializer::normal(0, 1))),
        scale_(build.group("parameters").parameter("scale", {}, Initializer::constant(1))) {}
  void train_step(Step& step) const override {
    const Tensor loss = error(step.images());
    step.minimize("parameters", loss);
    step.log("loss", loss);
  }
  void evaluate(Evaluation& e) const override { e.add("loss", error(e.images()), 1.0); }

 private:
  [[nodiscard]] Tensor error(Tensor x) const {
    return mean(square(map_(x) * scale_.use(x) - 0.3)) + mean(square(kernel_.use(x) - 0.5));
  }
  Map map_;
  Parameter kernel_, scale_;
};

// Has every output that our metrics ask for, and samples.
class WithOutputs final : public Model {
 public:
  static void describe(Description& d) {
    d.summary = "Outputs and samples for a metric, for `atelier plugins --check`.";
    d.text("logits", "label", "of which field they are").choices({"label", "mask"});
  }
  WithOutputs(const Settings& settings, const DataSpec& data, Builder& build)
      : image_(data.image().dims),
        of_mask_(data.find("mask") != nullptr && settings.text("logits") == "mask"),
        classes_(of_mask_ ? data.find("mask")->classes : data.classes()),
        logits_(build, data, of_mask_ ? classes_ * image_[1] * image_[2] : classes_, "map"),
        latent_(build, data, 3, "latent") {}
  void train_step(Step& step) const override {
    const Tensor loss = mean(square(logits_(step.images())));
    step.minimize("map", loss);
    step.log("loss", loss);
  }
  void evaluate(Evaluation& e) const override { e.add_per_sample("loss", likelihood(e)); }
  Tensor sample(Sampling& s, int64_t n) const override { return s.uniform({n, image_[0], image_[1], image_[2]}); }
  [[nodiscard]] std::vector<std::string> output_names() const override {
    return {"logits",         "log_likelihood",         "reconstruction",         "divergence",
            "posterior_mean", "posterior_log_variance", "log_importance_weights", "detections"};
  }
  Tensor output(Evaluation& e, std::string_view name, int64_t draws) const override {
    const Tensor x = e.images();
    if (name == "logits") {
      return of_mask_ ? logits_(x).reshape({x.dim(0), classes_, image_[1], image_[2]}) : logits_(x);
    }
    if (name == "posterior_mean") return latent_(x);
    if (name == "posterior_log_variance") return -square(latent_(x));
    if (name == "detections") {
      const Tensor boxes = e.data("boxes");  // (B, 2, 5)
      return concatenate({boxes.slice(2, 0, 1), e.full({x.dim(0), 2, 1}, 0.5), boxes.slice(2, 1, 4)}, 2);
    }
    if (name == "log_importance_weights") return likelihood(e).reshape({-1, 1}) + e.normal({x.dim(0), draws});
    return name == "log_likelihood" ? -likelihood(e) : likelihood(e);
  }

 private:
  [[nodiscard]] Tensor likelihood(const Evaluation& e) const { return sum(square(latent_(e.images())), {1}); }
  std::vector<int64_t> image_;
  bool of_mask_;
  int64_t classes_;
  Map logits_, latent_;
};

}  // namespace

ATELIER_DATASET("check-data", Data)
ATELIER_OPTIMIZER("check-descent", Descent)
ATELIER_MODEL("check-reconstruction", WithReconstruction)
ATELIER_MODEL("check-divergence", WithDivergence)
ATELIER_MODEL("check-classification", WithClassification)
ATELIER_MODEL("check-adversarial", WithAdversary)
ATELIER_MODEL("check-parameters", WithParameters)
ATELIER_MODEL("check-outputs", WithOutputs)
