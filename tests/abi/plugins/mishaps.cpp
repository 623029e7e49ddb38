// What can go wrong in a training step, and what must not: read, stale tensors, exceptions, shapes, changing numbers.
#include <atelier/model.hpp>
#include <stdexcept>

namespace {

using namespace atelier;

class Mishaps final : public Model {
 public:
  static void describe(Description& d) {
    d.summary = "Linear regression of the label, with one mishap.";
    d.text("mishap", "none", "which")
        .choices({"none", "read", "stale", "elsewhere", "throw", "shape", "group", "anneal"});
  }
  Mishaps(const Settings& settings, const DataSpec& data, Builder& build)
      : mishap_(settings.text("mishap")),
        image_{data.channels(), data.height(), data.width()},
        layer_(build.group("all"), data.image().elements(), 1) {}

  void train_step(Step& step) const override {
    const Tensor x = step.images().flatten();
    const Tensor y = layer_(x).reshape({-1});
    const Tensor target = to_real(step.labels());
    Tensor error = mean(square(y - target));
    if (mishap_ == "throw" && step.step() == 3) {
      throw std::runtime_error("no third step, please");
    }
    if (mishap_ == "stale" && step.step() > 1) {
      error = error + kept_ * 0.0;
    }
    if (mishap_ == "shape") {
      error = error + mean(x + step.full({3}, 1));  // MISHAP: shape
    }
    if (mishap_ == "read") {
      const double value = step.read(error)[0];
      step.log("read_error", step.scalar(value));
    }
    const double coefficient = mishap_ == "anneal" ? step.progress() : 1.0;
    const Tensor loss = error * coefficient;
    if (mishap_ == "group") {
      step.minimize("al", loss);
    }
    step.minimize("all", loss);
    step.log("loss", loss);
    step.log("error", error);
    step.log("coefficient", step.scalar(coefficient));
    kept_ = error;
  }
  void evaluate(Evaluation& e) const override {
    const Tensor y = layer_(e.images().flatten()).reshape({-1});
    e.add_per_sample("loss", mishap_ == "elsewhere" ? square(y) + kept_ : square(y - to_real(e.labels())));
  }
  Tensor sample(Sampling& s, int64_t n) const override { return s.full({n, image_[0], image_[1], image_[2]}, 0.5); }

 private:
  std::string mishap_;
  std::vector<int64_t> image_;
  Linear layer_;
  mutable Tensor kept_;
};

}  // namespace

ATELIER_MODEL("mishaps", Mishaps)
