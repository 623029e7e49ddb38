// Circles, squares, triangles, crosses and rings, drawn as they are read: a data set that needs no file.
#include <atelier/dataset.hpp>

#include "draw.hpp"

namespace {

using namespace atelier;

class Shapes final : public Dataset {
 public:
  static void describe(Description& d) {
    d.summary = "Drawn shapes in five classes: circle, square, triangle, cross, ring; needs no file.";
    d.integer("size", 28, "height and width in pixels").range(8, 256);
    d.integer("channels", 1, "1: grey, 3: colour").range(1, 3);
    d.integer("count", 10000, "training samples").range(1, 1e9);
    d.integer("test_count", 2000, "test samples").range(1, 1e9);
    d.integer("seed", 0, "other seeds draw other pictures");
  }

  Shapes(const Settings& settings, const Environment&)
      : size_(settings.integer("size")),
        channels_(settings.integer("channels")),
        seed_(static_cast<uint64_t>(settings.integer("seed"))) {
    if (channels_ == 2) {
      settings.fail("shapes: channels is 2, expected 1 or 3; hint: 1 is grey, 3 is colour");
    }
    fields = {Field::image("image", {channels_, size_, size_}),
              Field::label("label", shapes::kinds, {"circle", "square", "triangle", "cross", "ring"})};
    train_count = settings.integer("count");
    test_count = settings.integer("test_count");
  }

  void read(Split split, int64_t index, const Sample& sample) const override {
    const shapes::Picture picture = shapes::choose(seed_, static_cast<uint64_t>(split), index, size_, channels_);
    shapes::draw(picture, size_, channels_, sample.reals(0));
    *sample.integers(1) = static_cast<int64_t>(picture.kind);
  }

 private:
  int64_t size_, channels_;
  uint64_t seed_;
};

}  // namespace

ATELIER_DATASET("shapes", Shapes)
