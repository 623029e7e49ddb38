#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "hand_made_source.hpp"

using namespace atelier::testing;

namespace {

constexpr int64_t side = 9, margin = 2, ink_side = side - 2 * margin;
constexpr size_t size = 32, pixels = size * size;

// A square of ink in black margins; its pixels differ, and all are ink.
float digit_pixel(int64_t row, int64_t column) {
  const int64_t y = row - margin, x = column - margin;
  const bool inside = y >= 0 && y < ink_side && x >= 0 && x < ink_side;
  return inside ? 0.5F + static_cast<float>(y * ink_side + x) / 64 : 0.0F;
}

const HandMadeSource& squares() {
  static const HandMadeSource source({.dims = {1, side, side}},
                                     [](int32_t, int64_t index, float* image, int64_t& label) {
                                       for (int64_t i = 0; i < side * side; ++i) {
                                         image[i] = digit_pixel(i / side, i % side);
                                       }
                                       label = index;
                                     });
  return source;
}

MadeDataset make_scenes(const SettingValues& more, const HandMadeSource& source = squares()) {
  SettingValues settings = more;
  settings.insert({{"size", int64_t{size}}, {"count", int64_t{200}}});
  return DatasetHost::of(DIGIT_SCENES_PLUGIN).make_from(source.table(), "digit-scenes", settings);
}

struct Box {
  int64_t label, x0, y0, x1, y1;

  [[nodiscard]] int64_t area() const { return (x1 - x0) * (y1 - y0); }
  [[nodiscard]] bool has(int64_t row, int64_t column) const {
    return row >= y0 && row < y1 && column >= x0 && column < x1;
  }
};

std::vector<Box> boxes_of(const FieldValues& sample) {
  std::vector<Box> out;
  const std::vector<float>& rows = sample.reals.at("boxes");
  const auto count = static_cast<size_t>(sample.integers.at("count")[0]);
  for (size_t i = 0; i < rows.size(); i += 5) {
    const auto value = [&](size_t k) { return static_cast<int64_t>(rows[i + k]); };
    if (i / 5 < count) {
      out.push_back({value(0), value(1), value(2), value(3), value(4)});
    } else {
      REQUIRE(std::all_of(rows.begin() + static_cast<int64_t>(i), rows.begin() + static_cast<int64_t>(i) + 5,
                          [](float x) { return x == -1.0F; }));
    }
  }
  return out;
}

const SettingValues plain = {
    {"texture", 0.0}, {"scale", std::vector<double>{1, 1}}, {"brightness", std::vector<double>{1, 1}}};

}  // namespace

TEST_CASE("scenes have the fields that a segmentation wants") {
  const MadeDataset dataset = make_scenes({});
  REQUIRE(dataset.error() == "");
  const auto dims = [&](size_t i) {
    const atl_field& field = dataset.spec().fields[i];
    return std::vector<int64_t>(field.dims, field.dims + field.rank);
  };
  CHECK(dims(0) == std::vector<int64_t>{1, 32, 32});
  CHECK(dims(1) == std::vector<int64_t>{32, 32});
  CHECK(dataset.spec().fields[1].classes == 11);
  CHECK(dims(2) == std::vector<int64_t>{4, 5});
  CHECK(dataset.spec().fields[2].low == dataset.spec().fields[2].high);  // pixels are not scaled
  CHECK(dataset.spec().fields[3].classes == 5);
}

TEST_CASE("on a black ground a digit is the source's pixels, and mask and box are where its ink is") {
  SettingValues settings = plain;
  settings["max_digits"] = int64_t{1};
  const MadeDataset dataset = make_scenes(settings);
  std::set<int64_t> labels;
  for (int64_t i = 0; i < 100; ++i) {
    const FieldValues sample = dataset.read_fields(ATL_TRAIN, i);
    const std::vector<Box> boxes = boxes_of(sample);
    REQUIRE(boxes.size() == 1);
    const Box& box = boxes[0];
    REQUIRE(box.x1 - box.x0 == ink_side);
    REQUIRE(box.y1 - box.y0 == ink_side);
    labels.insert(box.label);
    for (size_t p = 0; p < pixels; ++p) {
      const auto row = static_cast<int64_t>(p / size), column = static_cast<int64_t>(p % size);
      const float expected = box.has(row, column) ? digit_pixel(row - box.y0 + margin, column - box.x0 + margin) : 0.0F;
      REQUIRE(sample.reals.at("image")[p] == expected);
      REQUIRE(sample.integers.at("mask")[p] == (box.has(row, column) ? 1 + box.label : 0));
    }
  }
  CHECK(labels.size() == 10);
}

TEST_CASE("several digits stand inside the scene, with little overlap") {
  const MadeDataset dataset = make_scenes({});
  std::set<size_t> counts;
  std::set<int64_t> widths;
  for (int64_t i = 0; i < 200; ++i) {
    const FieldValues sample = dataset.read_fields(ATL_TRAIN, i);
    const std::vector<Box> boxes = boxes_of(sample);
    counts.insert(boxes.size());
    for (size_t a = 0; a < boxes.size(); ++a) {
      REQUIRE(std::min(boxes[a].x0, boxes[a].y0) >= 0);
      REQUIRE(std::max(boxes[a].x1, boxes[a].y1) <= static_cast<int64_t>(size));
      widths.insert(boxes[a].x1 - boxes[a].x0);
      for (size_t b = 0; b < a; ++b) {
        const int64_t width = std::min(boxes[a].x1, boxes[b].x1) - std::max(boxes[a].x0, boxes[b].x0);
        const int64_t height = std::min(boxes[a].y1, boxes[b].y1) - std::max(boxes[a].y0, boxes[b].y0);
        const int64_t shared = std::max<int64_t>(width, 0) * std::max<int64_t>(height, 0);
        REQUIRE(static_cast<double>(shared) <= 0.05 * static_cast<double>(std::min(boxes[a].area(), boxes[b].area())));
      }
    }
    for (size_t p = 0; p < pixels; ++p) {  // each pixel of the mask belongs to a box of its class
      const int64_t in_mask = sample.integers.at("mask")[p];
      REQUIRE((in_mask == 0 || std::ranges::any_of(boxes, [&](const Box& box) {
                 return box.label == in_mask - 1 &&
                        box.has(static_cast<int64_t>(p / size), static_cast<int64_t>(p % size));
               })));
    }
  }
  CHECK(counts == std::set<size_t>{1, 2, 3, 4});
  CHECK(widths.size() >= 3);  // of several sizes
}

TEST_CASE("the ground is a texture, darker than the digits") {
  const HandMadeSource white({.dims = {1, side, side}}, [](int32_t, int64_t, float* image, int64_t& label) {
    std::fill_n(image, side * side, 1.0F);
    label = 0;
  });
  const MadeDataset dataset = make_scenes({}, white);
  for (int64_t i = 0; i < 50; ++i) {
    const FieldValues sample = dataset.read_fields(ATL_TRAIN, i);
    std::vector<float> ground, digits;
    for (size_t p = 0; p < pixels; ++p) {
      (sample.integers.at("mask")[p] == 0 ? ground : digits).push_back(sample.reals.at("image")[p]);
    }
    const auto [darkest, brightest] = std::ranges::minmax(ground);
    REQUIRE(brightest <= 0.45F);
    REQUIRE(brightest - darkest > 0.1F);
    REQUIRE(std::ranges::min(digits) >= 0.69F);
    for (size_t p = 1; p < pixels; ++p) {  // smooth: neighbours are near each other
      const std::vector<int64_t>& mask = sample.integers.at("mask");
      const std::vector<float>& image = sample.reals.at("image");
      REQUIRE((p % size == 0 || mask[p - 1] + mask[p] > 0 || std::abs(image[p] - image[p - 1]) < 0.1F));
    }
  }
}

TEST_CASE("a scene has as many digits as find a place, and none of a blank picture") {
  const MadeDataset crowded = make_scenes({{"max_digits", int64_t{64}}});
  size_t most = 0;
  for (int64_t i = 0; i < 30; ++i) {
    most = std::max(most, boxes_of(crowded.read_fields(ATL_TRAIN, i)).size());
  }
  CHECK(most > 12);
  CHECK(most < 50);
  const HandMadeSource blank({.dims = {1, side, side}}, [](int32_t, int64_t, float* image, int64_t& label) {
    std::fill_n(image, side * side, 0.0F);
    label = 0;
  });
  CHECK(boxes_of(make_scenes({}, blank).read_fields(ATL_TRAIN, 0)).empty());
}

TEST_CASE("digits larger than the scene are told") {
  CHECK(make_scenes({{"scale", std::vector<double>{1, 4}}}).error() ==
        "digit-scenes: images of 36 x 36 in scenes of 32 x 32, expected images that fit; hint: a greater size or a "
        "smaller scale");
}
