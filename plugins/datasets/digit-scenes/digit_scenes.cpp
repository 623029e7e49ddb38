// Scenes of several digits on a textured ground, with a class for each pixel, and boxes: for segmentation.
#include <atelier/derived_data.hpp>
#include <optional>

#include "ground.hpp"

namespace {

using namespace atelier;

constexpr float ink = 0.4F;            // a pixel belongs to a digit where it is covered that much
constexpr double most_overlap = 0.05;  // of two boxes, as a part of the smaller one
constexpr uint64_t tries = 40;         // at a place, before a scene goes without the digit

enum SceneOrdinal : uint64_t { count_draw, ground_part, ground_light_draw, first_digit_part };
enum DigitOrdinal : uint64_t { image_draw, scale_draw, light_draw, place_part };

struct Box {  // of pixels: columns x0 ... x1 - 1, rows y0 ... y1 - 1
  int64_t x0, y0, x1, y1;

  [[nodiscard]] int64_t width() const { return x1 - x0; }
  [[nodiscard]] int64_t height() const { return y1 - y0; }
};

// Around the ink; empty where the picture has none.
Box ink_box(const GreyPicture& picture) {
  Box box{picture.width, picture.height, 0, 0};
  for (int64_t row = 0; row < picture.height; ++row) {
    for (int64_t column = 0; column < picture.width; ++column) {
      if (picture.at(row, column) >= ink) {
        box = {std::min(box.x0, column), std::min(box.y0, row), std::max(box.x1, column + 1),
               std::max(box.y1, row + 1)};
      }
    }
  }
  return box;
}

double overlap(const Box& a, const Box& b) {
  const int64_t width = std::min(a.x1, b.x1) - std::max(a.x0, b.x0);
  const int64_t height = std::min(a.y1, b.y1) - std::max(a.y0, b.y0);
  if (width <= 0 || height <= 0) {
    return 0;
  }
  const int64_t smaller = std::min(a.width() * a.height(), b.width() * b.height());
  return static_cast<double>(width * height) / static_cast<double>(smaller);
}

// A random place for a box of that size beside those that are taken; none where the scene is too full.
std::optional<Box> find_place(const Draws& draws, int64_t width, int64_t height, int64_t scene,
                              const std::vector<Box>& taken) {
  for (uint64_t i = 0; i < tries; ++i) {
    const int64_t x = draws.integer(2 * i, scene - width + 1), y = draws.integer(2 * i + 1, scene - height + 1);
    const Box box{x, y, x + width, y + height};
    if (std::all_of(taken.begin(), taken.end(),
                    [&](const Box& other) { return overlap(box, other) <= most_overlap; })) {
      return box;
    }
  }
  return std::nullopt;
}

class DigitScenes final : public ComposedDataset {
 public:
  static void describe(Description& d) {
    d.summary =
        "Scenes of several digits of a source on a textured ground: \"image\" (1, H, W); \"mask\" (H, W), 0 for "
        "ground, "
        "1 + class for a digit; \"boxes\" (N, 5): class, x0, y0, x1, y1 in pixels, rows of -1 where there are fewer; "
        "\"count\".";
    d.integer("size", 64, "height and width of the scene in pixels").range(8, 512);
    d.integer("max_digits", 4, "a scene has 1 to so many digits, or as many as found a place").range(1, 64);
    d.numbers("scale", {0.7, 1.2}, "least and greatest size of a digit, as a part of the source's").range(0.1, 8);
    d.numbers("brightness", {0.7, 1.0}, "least and greatest brightness of a digit").range(0, 1);
    d.number("texture", 0.45, "greatest brightness of the ground; 0 makes it black").range(0, 1);
    describe_draws(d, 10000, 2000);
  }

  DigitScenes(const Settings& settings, const Environment& environment)
      : ComposedDataset("digit-scenes", settings, environment, GreySource::Labels::needed),
        size_(settings.integer("size")),
        max_digits_(settings.integer("max_digits")),
        scale_(interval(settings, "scale")),
        brightness_(interval(settings, "brightness")),
        texture_(settings.number("texture")) {
    if (!source) {
      return;
    }
    expect_fit(settings, scale_.high, size_);
    fields = {Field::image("image", {1, size_, size_}),
              {"mask", ATL_INT64, {size_, size_}, source.classes() + 1, 0, 0, mask_names()},
              {"boxes", ATL_FLOAT32, {max_digits_, 5}, 0, 0.0, 0.0},  // pixels: no range, so that no host scales them
              Field::label("count", max_digits_ + 1)};
  }

  void read(Split split, int64_t index, const Sample& sample) const override {
    const Draws scene = draws(split, index);
    Canvas canvas{sample.reals(0), sample.integers(1), sample.reals(2), {}};
    paint_ground(scene, canvas);
    std::fill_n(canvas.mask, size_ * size_, 0);
    std::fill_n(canvas.boxes, max_digits_ * 5, -1.0F);
    const int64_t wanted = 1 + scene.integer(count_draw, max_digits_);
    for (int64_t i = 0; i < wanted; ++i) {
      const Draws digit_draws = scene.part(first_digit_part + static_cast<uint64_t>(i));
      LabelledPicture digit;
      if (!draw_picture(split, digit_draws, image_draw, digit, sample)) {
        return;
      }
      digit.picture = scaled_by(digit.picture, digit_draws.uniform(scale_draw, scale_.low, scale_.high));
      place(digit, digit_draws, canvas);
    }
    *sample.integers(3) = static_cast<int64_t>(canvas.taken.size());
  }

 private:
  [[nodiscard]] std::vector<std::string> mask_names() const {
    std::vector<std::string> names = source.class_names();
    if (!names.empty()) {
      names.insert(names.begin(), "ground");
    }
    return names;
  }

  struct Canvas {
    float* image;
    int64_t* mask;
    float* boxes;
    std::vector<Box> taken;
  };

  void paint_ground(const Draws& scene, Canvas& canvas) const {
    const auto light = static_cast<float>(texture_ * scene.uniform(ground_light_draw, 0.5, 1));
    const GreyPicture texture = digit_scenes::ground(scene.part(ground_part), size_);
    std::transform(texture.pixels.begin(), texture.pixels.end(), canvas.image, [&](float x) { return light * x; });
  }

  void place(const LabelledPicture& digit, const Draws& draws, Canvas& canvas) const {
    const Box inked = ink_box(digit.picture);
    if (inked.width() <= 0) {
      return;  // a blank picture is nowhere
    }
    const std::optional<Box> box =
        find_place(draws.part(place_part), inked.width(), inked.height(), size_, canvas.taken);
    if (!box) {
      return;
    }
    const auto light = static_cast<float>(draws.uniform(light_draw, brightness_.low, brightness_.high));
    paint(digit, light, box->y0 - inked.y0, box->x0 - inked.x0, canvas);
    const int64_t row[] = {digit.label, box->x0, box->y0, box->x1, box->y1};
    std::copy(std::begin(row), std::end(row), canvas.boxes + 5 * canvas.taken.size());
    canvas.taken.push_back(*box);
  }

  // Over what is there. Soft edges beyond the box of the ink may fall outside of the scene.
  void paint(const LabelledPicture& digit, float light, int64_t top, int64_t left, Canvas& canvas) const {
    for (int64_t row = std::max<int64_t>(0, -top); row < std::min(digit.picture.height, size_ - top); ++row) {
      for (int64_t column = std::max<int64_t>(0, -left); column < std::min(digit.picture.width, size_ - left);
           ++column) {
        const float cover = digit.picture.at(row, column);
        const int64_t at = (top + row) * size_ + left + column;
        canvas.image[at] += cover * (light - canvas.image[at]);
        if (cover >= ink) {
          canvas.mask[at] = 1 + digit.label;
        }
      }
    }
  }

  int64_t size_, max_digits_;
  Interval scale_, brightness_;
  double texture_;
};

}  // namespace

ATELIER_DATASET("digit-scenes", DigitScenes)
