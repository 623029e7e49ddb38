// Three digits as the colour channels of one image: 1,000 modes that can be counted.
#include <atelier/derived_data.hpp>

namespace {

using namespace atelier;

class StackedMnist final : public ComposedDataset {
 public:
  static void describe(Description& d) {
    d.summary =
        "Three random digits of a source as red, green and blue; with ten classes, 1,000 of them: 100 r + 10 g + b.";
    d.reference = "Metz, Poole, Pfau and Sohl-Dickstein 2017, Unrolled Generative Adversarial Networks, section 3.3.1";
    describe_draws(d, 128000, 26000);  // the sizes of Srivastava et al. 2017, VEEGAN, which later work compares with
  }

  StackedMnist(const Settings& settings, const Environment& environment)
      : ComposedDataset("stacked-mnist", settings, environment, GreySource::Labels::needed) {
    if (source) {
      const int64_t classes = source.classes();
      fields = {Field::image("image", {channels, source.height(), source.width()}),
                Field::label("label", classes * classes * classes)};
    }
  }

  void read(Split split, int64_t index, const Sample& sample) const override {
    const Draws sample_draws = draws(split, index);
    float* out = sample.reals(0);
    int64_t label = 0;
    for (uint64_t channel = 0; channel < channels; ++channel) {
      LabelledPicture digit;
      if (!draw_picture(split, sample_draws, channel, digit, sample)) {
        return;
      }
      out = std::copy(digit.picture.pixels.begin(), digit.picture.pixels.end(), out);
      label = label * source.classes() + digit.label;
    }
    *sample.integers(1) = label;
  }

 private:
  static constexpr int64_t channels = 3;
};

}  // namespace

ATELIER_DATASET("stacked-mnist", StackedMnist)
