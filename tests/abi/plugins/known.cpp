// A dataset and a model of which all that our metrics measure is known: tests/abi/metric_values_test.cpp has the
// answers.
#include <atelier/dataset.hpp>
#include <atelier/model.hpp>
#include <cmath>

namespace {

using namespace atelier;

class Told final : public Dataset {
 public:
  static void describe(Description& d) {
    d.summary = "Samples as the settings tell them, again from the first where there are more.";
    d.integer("test_count", 3, "test samples").range(1);
    d.numbers("values", {0.5}, "of each image: its first value; the next is half of it, and so on in turns")
        .range(0, 1);
    d.integers("mask", {0, 0, 0, 0}, "of each image: the classes of its 2x2 pixels").range(0, 3);
    d.integers("predicted", {0, 0, 0, 0}, "of each image: the classes that its pixels are taken for").range(0, 3);
  }
  Told(const Settings& settings, const Environment&)
      : values_(settings.numbers("values")), pixels_{settings.integers("mask"), settings.integers("predicted")} {
    fields = {Field::image("image", {3, 2, 2}), {"mask", ATL_INT64, {2, 2}, 4}, {"predicted", ATL_INT64, {2, 2}, 4}};
    train_count = 2;
    test_count = settings.integer("test_count");
  }
  void read(Split, int64_t index, const Sample& sample) const override {
    const auto i = static_cast<size_t>(index);
    for (size_t j = 0; j < 12; ++j) {
      sample.reals(0)[j] = static_cast<float>(values_[i % values_.size()] * (j % 2 == 0 ? 1.0 : 0.5));
    }
    for (size_t field = 0; field < 2; ++field) {
      for (size_t j = 0; j < 4; ++j) {
        sample.integers(field + 1)[j] = pixels_[field][(4 * i + j) % pixels_[field].size()];
      }
    }
  }

 private:
  std::vector<double> values_;
  std::vector<int64_t> pixels_[2];
};

// x = a z + σ ε with one latent z ~ N(0, 1), which all D values of an image share. The posterior is
// N(a Σx / (σ² + D a²), v), v = σ² / (σ² + D a²); q(z | x) has its mean m, and k times its deviation.
class Known final : public Model {
 public:
  static void describe(Description& d) {
    d.summary = "A linear Gaussian model that needs no training; and outputs that the data tells.";
    d.number("deviation", 1.0, "k: that of q(z | x), in units of the posterior's");
    d.numbers("slopes", {1.0}, "of each further latent: how its posterior mean rises with an image's first value");
  }
  Known(const Settings& settings, const DataSpec& data, Builder& build)
      : size_(static_cast<double>(data.image().elements())),
        k_(settings.number("deviation")),
        unused_(build.group("unused").parameter("weight", {1}, Initializer::constant(1))) {
    for (const double slope : settings.numbers("slopes")) {
      slopes_.push_back(static_cast<float>(slope));
    }
  }

  void train_step(Step& step) const override { step.minimize("unused", sum(square(unused_.use(step.context())))); }
  void evaluate(Evaluation& e) const override {
    e.add_per_sample("loss", e.images().flatten().slice(1, 0, 1).reshape({-1}));
  }

  std::vector<std::string> output_names() const override {
    return {"logits", "posterior_mean", "log_importance_weights", "reconstruction", "divergence", "log_likelihood"};
  }
  Tensor output(Evaluation& e, std::string_view name, int64_t draws) const override {
    const Tensor x = e.images().flatten();  // (B, D)
    if (name == "logits") return one_hot(e.data("predicted"), 4).permute({0, 3, 1, 2});
    if (name == "posterior_mean") return x.slice(1, 0, 1) * e.constant({1, latents()}, slopes_) + 3.0;
    const Tensor m = sum(x, {1}, true) * (a / (sigma * sigma + size_ * a * a));  // (B, 1)
    const double deviation = k_ * sigma / std::sqrt(sigma * sigma + size_ * a * a);
    if (name == "log_importance_weights") {
      const Tensor epsilon = e.normal({x.dim(0), draws});
      const Tensor z = m + epsilon * deviation;
      return log_conditional(x, z) + (square(epsilon) - square(z)) * 0.5 + std::log(deviation);
    }
    const Tensor reconstruction = size_ * a * a * deviation * deviation / (2 * sigma * sigma) - log_conditional(x, m);
    const Tensor divergence = (square(m) + deviation * deviation - 1.0) * 0.5 - std::log(deviation);
    if (name == "reconstruction") return reconstruction.reshape({-1});
    if (name == "divergence") return divergence.reshape({-1});
    return -(reconstruction + divergence).reshape({-1});  // exact where k = 1
  }

 private:
  static constexpr double a = 0.7;
  static constexpr double sigma = 0.05;

  [[nodiscard]] int64_t latents() const { return static_cast<int64_t>(slopes_.size()); }
  // log p(x | z) of z (B, draws)
  [[nodiscard]] Tensor log_conditional(Tensor x, Tensor z) const {
    const Tensor squares = sum(square(x), {1}, true) - sum(x, {1}, true) * z * (2 * a) + square(z) * (size_ * a * a);
    return squares * (-0.5 / (sigma * sigma)) - size_ * std::log(sigma * std::sqrt(2 * M_PI));
  }

  double size_;  // D
  double k_;
  std::vector<float> slopes_;
  Parameter unused_;
};

}  // namespace

ATELIER_DATASET("told", Told)
ATELIER_MODEL("known", Known)
