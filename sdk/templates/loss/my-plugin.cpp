// Huber 1964: of a difference d, d²/2 where |d| <= delta, and delta (|d| - delta/2) beyond.
#include <atelier/loss.hpp>

namespace {

using namespace atelier;

class MyPlugin final : public ReconstructionLoss {
 public:
  static void describe(Description& d) {
    d.summary = "Huber's loss, summed over the elements of an image: squared for small differences, linear beyond.";
    d.reference = "Huber 1964, Robust Estimation of a Location Parameter";
    d.number("delta", 0.1, "the difference from which on it is linear").above(0);
    d.measure("", Direction::smaller, "", "summed over the elements of an image");
  }
  MyPlugin(const Settings& settings, const DataSpec&, Builder&) : delta_(settings.number("delta")) {}

  Tensor per_sample(Tensor output, Tensor target) const override {  // (B, ...) each, to (B)
    const Tensor d = abs(output - target);
    return sum(select(less_equal(d, delta_), 0.5 * square(d), delta_ * (d - 0.5 * delta_)).flatten(), {1});
  }
  Tensor image(Tensor output) const override { return output; }  // what a decoder's output means as an image

 private:
  double delta_;
};
}  // namespace

ATELIER_LOSS("my-plugin", MyPlugin)
