// Digits that move through a square scene and bounce off its walls ("Moving MNIST").
#include <atelier/derived_data.hpp>

namespace {

using namespace atelier;

enum Ordinal : uint64_t { image_draw, x_draw, y_draw, speed_draw, direction_part };  // of one digit

// Where a point is at time t that starts at `start` and is thrown back at 0 and at `end`: its straight path, folded.
double bounced(double start, double velocity, int64_t t, double end) {
  if (end == 0) {
    return 0;
  }
  const double path = start + velocity * static_cast<double>(t);
  const double into_period = path - 2 * end * std::floor(path / (2 * end));
  return into_period <= end ? into_period : 2 * end - into_period;
}

class MovingDigits final : public ComposedDataset {
 public:
  static void describe(Description& d) {
    d.summary =
        "Digits of a source that move and bounce off the walls: \"frames\" (T, 1, H, W); \"image\" is the first frame.";
    d.reference =
        "Srivastava, Mansimov and Salakhutdinov 2015, Unsupervised Learning of Video Representations using LSTMs";
    d.integer("size", 64, "height and width of the scene in pixels").range(8, 512);
    d.integer("digits", 2, "digits in a scene").range(1, 16);
    d.integer("frames", 20, "frames of a sample").range(1, 1000);
    d.number("scale", 1.0, "size of the digits, as a part of the source's: 0.5 makes 14 x 14 of 28 x 28").range(0.1, 1);
    d.numbers("speed", {2.0, 5.0}, "least and greatest speed of a digit in pixels a frame").range(0, 1000);
    describe_draws(d, 10000, 2000);
  }

  MovingDigits(const Settings& settings, const Environment& environment)
      : ComposedDataset("moving-digits", settings, environment, GreySource::Labels::welcome),
        size_(settings.integer("size")),
        digits_(settings.integer("digits")),
        frames_(settings.integer("frames")),
        scale_(settings.number("scale")),
        speed_(interval(settings, "speed")) {
    if (!source) {
      return;
    }
    expect_fit(settings, scale_, size_);
    // Tools that look at one picture of a sample look at the first frame.
    fields = {Field::images("frames", {frames_, 1, size_, size_}), Field::image("image", {1, size_, size_})};
  }

  void read(Split split, int64_t index, const Sample& sample) const override {
    const Draws sample_draws = draws(split, index);
    float* const frames = sample.reals(0);
    const int64_t pixels = size_ * size_;
    std::fill_n(frames, frames_ * pixels, 0.0F);
    for (int64_t digit = 0; digit < digits_; ++digit) {
      const Draws digit_draws = sample_draws.part(static_cast<uint64_t>(digit));
      LabelledPicture drawn;
      if (!draw_picture(split, digit_draws, image_draw, drawn, sample)) {
        return;
      }
      move(scaled_by(drawn.picture, scale_), digit_draws, frames);
    }
    std::copy_n(frames, pixels, sample.reals(1));
  }

 private:
  // Adds one digit to all frames. It stands on whole pixels, so that it keeps its own (as the published data do); its
  // path does not, so that its speed is right.
  void move(const GreyPicture& digit, const Draws& draws, float* frames) const {
    const auto free_x = static_cast<double>(size_ - digit.width), free_y = static_cast<double>(size_ - digit.height);
    const double x = draws.uniform(x_draw, 0, free_x), y = draws.uniform(y_draw, 0, free_y);
    const double speed = draws.uniform(speed_draw, speed_.low, speed_.high);
    const UnitVector heading = direction(draws.part(direction_part));
    for (int64_t t = 0; t < frames_; ++t) {
      const int64_t left = std::lround(bounced(x, speed * heading.x, t, free_x));
      const int64_t top = std::lround(bounced(y, speed * heading.y, t, free_y));
      for (int64_t row = 0; row < digit.height; ++row) {
        float* const to = frames + (t * size_ + top + row) * size_ + left;
        for (int64_t column = 0; column < digit.width; ++column) {
          to[column] = std::max(to[column], digit.at(row, column));  // where digits overlap, the brighter pixel counts
        }
      }
    }
  }

  int64_t size_, digits_, frames_;
  double scale_;
  Interval speed_;
};

}  // namespace

ATELIER_DATASET("moving-digits", MovingDigits)
