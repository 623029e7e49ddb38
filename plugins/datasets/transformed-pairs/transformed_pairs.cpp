// Pairs of an input and what a network shall make of it, from each image of a source.
#include <atelier/derived_data.hpp>

#include "transforms.hpp"

namespace {

using namespace atelier;
using namespace transformed_pairs;

enum class Transform { rotate, shift, outline, colour };

Transform transform_named(const std::string& name) {
  return name == "rotate"    ? Transform::rotate
         : name == "shift"   ? Transform::shift
         : name == "outline" ? Transform::outline
                             : Transform::colour;
}

class TransformedPairs final : public Dataset {
 public:
  static void describe(Description& d) {
    d.summary =
        "Pairs of \"image\" and \"target\" from a source of grey images, turned, shifted, filled or coloured; "
        "\"label\" "
        "where the source has it.";
    d.text(
         "manipulation", "rotate",
         "rotate and shift: the target is the image so moved; outline: from an outline to the image; colour: from the "
         "image to one in the colour of its class")
        .choices({"rotate", "shift", "outline", "colour"});
    d.number("angle", 45, "rotate: degrees, counter-clockwise").range(-360, 360);
    d.integers("shift", {4, 0}, "shift: pixels to the right and down");
    d.number("threshold", 0.25, "outline: the shape is where the smoothed image is brighter").range(0, 1);
    d.text("ground", "black", "colour: what black becomes in the target").choices({"black", "white"});
  }

  TransformedPairs(const Settings& settings, const Environment& environment)
      : transform_(transform_named(settings.text("manipulation"))),
        source_("transformed-pairs", environment,
                transform_ == Transform::colour ? GreySource::Labels::needed : GreySource::Labels::welcome),
        rotation_(rotation(settings.number("angle"))),
        shift_(settings.integers("shift")),
        threshold_(settings.number("threshold")),
        ground_(settings.text("ground") == "white" ? 1 : 0) {
    if (shift_.size() != 2) {
      settings.fail("transformed-pairs: shift has " + std::to_string(shift_.size()) +
                    " values, expected two; hint: shift = [4, 0] is four pixels to the right");
    }
    if (!source_) {
      return;
    }
    const int64_t channels = transform_ == Transform::colour ? 3 : 1;
    fields = {Field::image("image", {1, source_.height(), source_.width()}),
              Field::image("target", {channels, source_.height(), source_.width()})};
    if (source_.classes() > 0) {
      fields.push_back(Field::label("label", source_.classes(), source_.class_names()));
    }
    train_count = source_.count(Split::train);
    test_count = source_.count(Split::test);
  }

  void read(Split split, int64_t index, const Sample& sample) const override {
    LabelledPicture original;
    if (!source_.read(split, index, original, sample)) {
      return;
    }
    const GreyPicture& picture = original.picture;
    const auto write = [](const GreyPicture& from, float* to) {
      std::copy(from.pixels.begin(), from.pixels.end(), to);
    };
    float *const image = sample.reals(0), *const target = sample.reals(1);
    write(transform_ == Transform::outline ? outline(picture, threshold_) : picture, image);
    switch (transform_) {
      case Transform::rotate:
        write(rotated(picture, rotation_), target);
        break;
      case Transform::shift:
        write(shifted(picture, shift_[0], shift_[1]), target);
        break;
      case Transform::outline:
        write(picture, target);
        break;
      case Transform::colour:  // hues evenly around the circle: a class is needed to know the one
        colour(picture, from_hue(static_cast<double>(original.label) / static_cast<double>(source_.classes())), ground_,
               target);
        break;
    }
    if (source_.classes() > 0) {
      *sample.integers(2) = original.label;
    }
  }

 private:
  Transform transform_;
  GreySource source_;
  Rotation rotation_;
  std::vector<int64_t> shift_;
  double threshold_, ground_;
};

}  // namespace

ATELIER_DATASET("transformed-pairs", TransformedPairs)
