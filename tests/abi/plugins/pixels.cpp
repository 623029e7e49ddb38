// Images made pixel by pixel, each from the one before it and a draw, as autoregressive models (van den Oord et al.
// 2016) do:
//   x_0 = w,  x_i = x_(i-1) / 2 + w + noise u_i
#include <atelier/model.hpp>

namespace {

using namespace atelier;

class Pixels final : public Model {
 public:
  static void describe(Description& d) {
    d.summary = "Samples pixel by pixel, every pixel a function of the one before it.";
    d.number("noise", 0.0, "how much of a uniform draw goes into each pixel").range(0, 1);
    d.flag("cut", true, "materialize the image after every pixel");
    d.flag("peek", false, "read the image after every pixel instead");
  }
  Pixels(const Settings& settings, const DataSpec& data, Builder& build)
      : noise_(settings.number("noise")),
        cut_(settings.flag("cut")),
        peek_(settings.flag("peek")),
        size_(data.height()),
        weight_(build.group("all").parameter("weight", {1, 1}, Initializer::constant(0.25))) {}

  void train_step(Step& step) const override {
    const Tensor w = weight_.use(step.context());
    step.minimize("all", mean(square(w - w.detach())));
    step.log("loss", mean(w));
  }
  void evaluate(Evaluation& e) const override { e.add_per_sample("loss", mean(e.images().flatten(), {1})); }
  Tensor sample(Sampling& s, int64_t n) const override {
    Tensor image = s.full({n, size_ * size_}, 0);
    for (int64_t i = 0; i < size_ * size_; ++i) {
      Tensor pixel = broadcast_to(weight_.use(s.context()), {n, 1});
      if (i > 0) {
        pixel = pixel + image.slice(1, i - 1, 1) * 0.5 + s.uniform({n, 1}) * noise_;
      }
      image = image.update_slice(1, i, pixel);
      if (peek_) {
        if (s.read(image)[static_cast<size_t>(i)] < 0.25) {
          s.fail("a pixel is too small");
        }
      } else if (cut_) {
        s.materialize({&image});
      }
    }
    return image.reshape({n, 1, size_, size_});
  }

 private:
  double noise_;
  bool cut_, peek_;
  int64_t size_;
  Parameter weight_;
};

}  // namespace

ATELIER_MODEL("pixels", Pixels)
