// Uniform noise of any shape, with a label of ten, and on demand a class for each pixel: data whose reading costs next
// to nothing.
#include <algorithm>
#include <atelier/dataset.hpp>

namespace {

using namespace atelier;

class Noise final : public Dataset {
 public:
  static void describe(Description& d) {
    d.summary = "Images of uniform noise, with labels.";
    d.integers("shape", {1, 28, 28}, "channels, height, width").range(1, 65536);
    d.flag("mask", false, "a class of ten for each pixel, too");
    d.integer("count", 2048, "samples of each split").range(1, 65536);
  }

  Noise(const Settings& settings, const Environment&) {
    const std::vector<int64_t> shape = settings.integers("shape");
    if (shape.size() != 3) {
      settings.fail("noise: expected a shape of three lengths: channels, height, width");
    }
    fields = {Field::image("image", shape), Field::label("label", classes)};
    if (settings.flag("mask")) {
      fields.push_back(Field::label("mask", classes));
      fields.back().dims = {shape[1], shape[2]};
    }
    train_count = test_count = settings.integer("count");
    pool_.resize(static_cast<size_t>(fields[0].elements() + train_count));
    for (size_t i = 0; i < pool_.size(); ++i) {
      pool_[i] = static_cast<float>((i * 2654435761U >> 7) % 65536) / 65535.0F;  // Knuth's multiplicative hash
    }
  }

  void read(Split, int64_t index, const Sample& sample) const override {
    std::copy_n(pool_.data() + index, fields[0].elements(), sample.reals(0));
    *sample.integers(1) = index * 7 % classes;
    if (fields.size() > 2) {
      std::transform(pool_.data() + index, pool_.data() + index + fields[2].elements(), sample.integers(2),
                     [](float value) { return std::min(static_cast<int64_t>(value * classes), classes - 1); });
    }
  }

 private:
  static constexpr int64_t classes = 10;

  std::vector<float> pool_;  // each sample begins one number after the one before it
};

}  // namespace

ATELIER_DATASET("noise", Noise)
