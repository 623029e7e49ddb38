#include <doctest/doctest.h>

#include <algorithm>
#include <set>

#include "hand_made_source.hpp"

using namespace atelier::testing;

namespace {

constexpr int64_t rows = 5, columns = 5;

// All pixels differ; image i has class i.
float pixel(int64_t row, int64_t column) {
  return static_cast<float>(1 + row * columns + column) / 32;
}

const HandMadeSource& numbered(int64_t classes = 10) {
  static const auto fill = [](int32_t, int64_t index, float* image, int64_t& label) {
    for (int64_t i = 0; i < rows * columns; ++i) {
      image[i] = pixel(i / columns, i % columns);
    }
    label = index;
  };
  static const HandMadeSource with({.dims = {1, rows, columns}}, fill);
  static const HandMadeSource without({.dims = {1, rows, columns}, .classes = 0}, fill);
  return classes > 0 ? with : without;
}

MadeDataset make(const std::string& manipulation, const SettingValues& more = {},
                 const HandMadeSource& source = numbered()) {
  SettingValues settings = more;
  settings.insert({{"manipulation", manipulation}});
  return DatasetHost::of(TRANSFORMED_PAIRS_PLUGIN).make_from(source.table(), "transformed-pairs", settings);
}

// Of each pixel of the target, what expected(row, column) says.
template <typename F>
void check_target(const MadeDataset& dataset, F&& expected) {
  REQUIRE(dataset.error() == "");
  const FieldValues sample = dataset.read_fields(ATL_TRAIN, 3);
  for (int64_t row = 0; row < rows; ++row) {
    for (int64_t column = 0; column < columns; ++column) {
      const auto at = static_cast<size_t>(row * columns + column);
      CHECK(sample.reals.at("image")[at] == pixel(row, column));
      CHECK(sample.reals.at("target")[at] == expected(row, column));
    }
  }
  CHECK(sample.integers.at("label")[0] == 3);
}

}  // namespace

TEST_CASE("pairs are as many as the source's images, with its labels where it has any") {
  const MadeDataset dataset = make("rotate");
  CHECK(dataset.spec().train_count == 10);
  CHECK(dataset.spec().field_count == 3);
  CHECK(dataset.spec().fields[2].classes == 10);
  const MadeDataset unlabelled = make("rotate", {}, numbered(0));
  CHECK(unlabelled.error() == "");
  CHECK(unlabelled.spec().field_count == 2);
}

TEST_CASE("turns by whole quarters are exact, and counter-clockwise") {
  check_target(make("rotate", {{"angle", 90.0}}),
               [](int64_t row, int64_t column) { return pixel(column, columns - 1 - row); });
  check_target(make("rotate", {{"angle", -90.0}}),
               [](int64_t row, int64_t column) { return pixel(rows - 1 - column, row); });
  check_target(make("rotate", {{"angle", 180.0}}),
               [](int64_t row, int64_t column) { return pixel(rows - 1 - row, columns - 1 - column); });
}

TEST_CASE("a turn by an eighth takes what lies on the diagonals, between pixels") {
  const FieldValues sample = make("rotate", {{"angle", 45.0}}).read_fields(ATL_TRAIN, 0);
  const std::vector<float>& target = sample.reals.at("target");
  CHECK(target[12] == pixel(2, 2));  // the middle stays
  // One to the right of the middle comes from sqrt(1/2) down and to the right of it.
  const double d = 0.70710678118654752;
  const double expected =
      (1 - d) * (1 - d) * pixel(2, 2) + (1 - d) * d * (pixel(2, 3) + pixel(3, 2)) + d * d * pixel(3, 3);
  CHECK(target[13] == doctest::Approx(expected).epsilon(1e-6));
  // A corner comes from above the middle of the upper edge, 2 sqrt(2) from the middle: black outside has its share.
  CHECK(target[0] == doctest::Approx((3 - 4 * d) * pixel(0, 2)).epsilon(1e-6));
}

TEST_CASE("shifts are by whole pixels, right and down") {
  check_target(make("shift", {{"shift", std::vector<int64_t>{2, -1}}}), [](int64_t row, int64_t column) {
    return row + 1 < rows && column >= 2 ? pixel(row + 1, column - 2) : 0.0F;
  });
  CHECK(make("shift", {{"shift", std::vector<int64_t>{2}}}).error() ==
        "transformed-pairs: shift has 1 values, expected two; hint: shift = [4, 0] is four pixels to the right");
}

TEST_CASE("an outline goes around the shape, and the target is the filled image") {
  const std::string shape =
      "........"
      "........"
      "..ooo..."
      "..ooo..."
      "..ooo..."
      "........"
      "......o."  // a speck is no shape
      "........";
  const std::string around =
      "........"
      "..###..."
      ".#...#.."
      ".#...#.."
      ".#...#.."
      "..###..."
      "........"
      "........";
  const HandMadeSource source({.dims = {1, 8, 8}}, [&](int32_t, int64_t, float* image, int64_t& label) {
    std::ranges::transform(shape, image, [](char c) { return c == 'o' ? 0.875F : 0.0F; });
    label = 0;
  });
  const FieldValues sample = make("outline", {}, source).read_fields(ATL_TRAIN, 0);
  std::string found;
  std::ranges::transform(sample.reals.at("image"), std::back_inserter(found),
                         [](float x) { return x == 1 ? '#' : '.'; });
  CHECK(found == around);
  CHECK(std::ranges::equal(sample.reals.at("target"), shape, {}, {}, [](char c) { return c == 'o' ? 0.875F : 0.0F; }));
}

TEST_CASE("the colour is the class's, and black becomes the ground") {
  const MadeDataset black = make("colour"), white = make("colour", {{"ground", std::string("white")}});
  const atl_field& target = black.spec().fields[1];
  CHECK(std::vector<int64_t>(target.dims, target.dims + target.rank) == std::vector<int64_t>{3, rows, columns});
  std::set<std::vector<float>> colours;
  for (int64_t label = 0; label < 10; ++label) {
    const FieldValues on_black = black.read_fields(ATL_TRAIN, label), on_white = white.read_fields(ATL_TRAIN, label);
    const float brightness = on_black.reals.at("image")[24];  // of one pixel
    std::vector<float> colour;
    for (size_t channel = 0; channel < 3; ++channel) {
      colour.push_back(on_black.reals.at("target")[25 * channel + 24] / brightness);
      CHECK(on_white.reals.at("target")[25 * channel + 24] ==
            doctest::Approx(1 - brightness * (1 - colour.back())).epsilon(1e-6));
    }
    CHECK(std::ranges::max(colour) == 1.0F);
    CHECK(std::ranges::min(colour) == 0.0F);
    colours.insert(colour);
  }
  CHECK(colours.size() == 10);
  const std::vector<float> red = black.read_fields(ATL_TRAIN, 0).reals.at("target");
  for (size_t i = 0; i < 25; ++i) {  // class 0 is red
    CHECK(red[i] == pixel(static_cast<int64_t>(i) / columns, static_cast<int64_t>(i) % columns));
    CHECK(red[25 + i] == 0.0F);
    CHECK(red[50 + i] == 0.0F);
  }
}
