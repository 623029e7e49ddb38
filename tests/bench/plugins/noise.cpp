// Uniform noise of any shape, with a label of ten: data whose reading costs next to nothing.
#include <algorithm>
#include <atelier/dataset.hpp>

namespace {

using namespace atelier;

class Noise final : public Dataset {
 public:
  static void describe(Description& d) {
    d.summary = "Images of uniform noise, with labels.";
    d.integers("shape", {1, 28, 28}, "channels, height, width").range(1, 65536);
    d.integer("count", 2048, "samples of each split").range(1, 65536);
  }

  Noise(const Settings& settings, const Environment&) {
    const std::vector<int64_t> shape = settings.integers("shape");
    if (shape.size() != 3) {
      settings.fail("noise: expected a shape of three lengths: channels, height, width");
    }
    fields = {Field::image("image", shape), Field::label("label", 10)};
    train_count = test_count = settings.integer("count");
    pool_.resize(static_cast<size_t>(fields[0].elements() + train_count));
    for (size_t i = 0; i < pool_.size(); ++i) {
      pool_[i] = static_cast<float>((i * 2654435761U >> 7) % 65536) / 65535.0F;  // Knuth's multiplicative hash
    }
  }

  void read(Split, int64_t index, const Sample& sample) const override {
    std::copy_n(pool_.data() + index, fields[0].elements(), sample.reals(0));
    *sample.integers(1) = index * 7 % 10;
  }

 private:
  std::vector<float> pool_;  // each sample begins one number after the one before it
};

}  // namespace

ATELIER_DATASET("noise", Noise)
