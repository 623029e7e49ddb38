// Images with one bar, upright or lying, drawn as they are read: a data set that needs no file.
#include <algorithm>
#include <atelier/counted_draws.hpp>
#include <atelier/dataset.hpp>

namespace {

using namespace atelier;

class MyPlugin final : public Dataset {
 public:
  static void describe(Description& d) {
    d.summary = "A bright bar on dark ground, upright or lying; needs no file.";
    d.integer("size", 16, "height and width in pixels").range(4, 256);
    d.number("noise", 0.2, "brightest noise that is added to a pixel").range(0, 1);
    d.integer("count", 4000, "training samples").range(1, 1e9);
    d.integer("test_count", 1000, "test samples").range(1, 1e9);
  }

  MyPlugin(const Settings& settings, const Environment&)
      : size_(settings.integer("size")), noise_(settings.number("noise")) {
    fields = {Field::image("image", {1, size_, size_}),  // (C, H, W), values from 0 to 1
              Field::label("label", 2, {"upright", "lying"})};
    train_count = settings.integer("count");
    test_count = settings.integer("test_count");
  }

  // Called from many threads at once, and for any index: each sample is a function of its split and index.
  void read(Split split, int64_t index, const Sample& sample) const override {
    const Draws draws(0, static_cast<uint64_t>(split), static_cast<uint64_t>(index));
    const int64_t label = draws.integer(0, 2), width = std::max<int64_t>(1, size_ / 8);
    const int64_t start = draws.integer(1, size_ - width + 1);
    float* pixel = sample.reals(0);  // field 0: the image
    for (int64_t row = 0; row < size_; ++row) {
      for (int64_t column = 0; column < size_; ++column, ++pixel) {
        const int64_t across = (label == 0 ? column : row) - start;
        const double noise = draws.uniform(static_cast<uint64_t>(2 + row * size_ + column), 0, noise_);
        *pixel = static_cast<float>(std::min((across >= 0 && across < width ? 0.8 : 0.0) + noise, 1.0));
      }
    }
    *sample.integers(1) = label;  // field 1
  }

 private:
  int64_t size_;
  double noise_;
};

}  // namespace

ATELIER_DATASET("my-plugin", MyPlugin)
