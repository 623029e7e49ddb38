#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <limits>
#include <set>
#include <vector>

#include "pictures/plot.hpp"

using namespace atelier::pictures;

namespace {

using Colour = std::array<uint8_t, 3>;
constexpr Colour white{255, 255, 255}, grey{200, 200, 200}, blue{31, 119, 180}, orange{255, 127, 14};

ImageStack plotted(const std::vector<float>& values, int64_t count, int64_t channels, double low, double high) {
  return plots({values.data(), count, channels, static_cast<int64_t>(values.size()) / (count * channels), low, high});
}

Colour at(const ImageStack& stack, int64_t n, int64_t x, int64_t y) {
  const auto pixel = stack.pixels.begin() + ((n * stack.height + y) * stack.width + x) * 3;
  return {pixel[0], pixel[1], pixel[2]};
}

// The rows of one column that are of this colour.
std::set<int64_t> rows_of(const ImageStack& stack, const Colour& colour, int64_t x, int64_t n = 0) {
  std::set<int64_t> rows;
  for (int64_t y = 0; y < stack.height; ++y) {
    if (at(stack, n, x, y) == colour) {
      rows.insert(y);
    }
  }
  return rows;
}

int64_t dots_of(const ImageStack& stack, const Colour& colour) {
  int64_t found = 0;
  for (int64_t x = 0; x < stack.width; ++x) {
    found += static_cast<int64_t>(rows_of(stack, colour, x).size());
  }
  return found;
}

}  // namespace

TEST_CASE("plot: a signal goes from the left to the right, high values above") {
  const ImageStack picture = plotted({-1, 1}, 1, 1, -1, 1);
  CHECK(picture.count == 1);
  CHECK(picture.channels == 3);
  REQUIRE(std::ssize(picture.pixels) == picture.height * picture.width * 3);
  const int64_t right = picture.width - 1, bottom = picture.height - 1;
  CHECK(at(picture, 0, 0, bottom) == blue);
  CHECK(at(picture, 0, right, 0) == blue);
  int64_t before = picture.height;
  for (int64_t x = 0; x < picture.width; ++x) {
    const std::set<int64_t> rows = rows_of(picture, blue, x);
    REQUIRE(rows.size() == 1);  // no gaps, and no thicker than needed
    CHECK(*rows.begin() <= before);
    before = *rows.begin();
  }
}

TEST_CASE("plot: a steep line has no gaps") {
  const ImageStack picture = plotted({-1, 1, -1}, 1, 1, -1, 1);
  std::set<int64_t> all;
  for (int64_t x = 0; x < picture.width; ++x) {
    all.merge(rows_of(picture, blue, x));
  }
  CHECK(std::ssize(all) == picture.height);
}

TEST_CASE("plot: each channel has a colour of its own, and the later is above") {
  const ImageStack picture = plotted({0.5, 0.5, -0.5, -0.5}, 1, 2, -1, 1);
  const std::set<int64_t> upper = rows_of(picture, blue, 100), lower = rows_of(picture, orange, 100);
  REQUIRE(upper.size() == 1);
  REQUIRE(lower.size() == 1);
  CHECK(*upper.begin() < *lower.begin());
  const ImageStack both = plotted({0.5, 0.5, 0.5, 0.5}, 1, 2, -1, 1);
  CHECK(rows_of(both, blue, 100).empty());
  CHECK(rows_of(both, orange, 100).size() == 1);
  std::vector<float> nine(18, 0.0F);  // more channels than colours
  CHECK(rows_of(plotted(nine, 1, 9, -1, 1), blue, 100).size() == 1);
}

TEST_CASE("plot: a grey line is at 0, wherever that is, within a grey border") {
  const ImageStack middle = plotted({1, 1}, 1, 1, -1, 1);
  CHECK(rows_of(middle, grey, 100).contains(middle.height / 2));
  CHECK(rows_of(middle, grey, 100).contains(middle.height - 1));
  CHECK(at(middle, 0, 100, 10) == white);
  CHECK(at(middle, 0, 0, 10) == grey);
  CHECK(at(middle, 0, middle.width - 1, 10) == grey);
  const ImageStack low = plotted({3, 3}, 1, 1, -1, 3);  // a quarter from below
  CHECK(rows_of(low, grey, 100).contains((low.height - 1) * 3 / 4));
  const ImageStack none = plotted({3, 3}, 1, 1, 2, 4);
  CHECK(rows_of(none, grey, 100) == std::set<int64_t>{0, none.height - 1});
}

TEST_CASE("plot: what lies outside of the range is at its border") {
  const float infinite = std::numeric_limits<float>::infinity();
  const ImageStack picture = plotted({5, 5, -5, -5, infinite, -infinite}, 1, 3, -1, 1);
  CHECK(at(picture, 0, 100, 0) == blue);
  CHECK(at(picture, 0, 100, picture.height - 1) == orange);
}

TEST_CASE("plot: without a range all are drawn from the smallest value of all to the largest") {
  const ImageStack pictures = plotted({2, 2, 10, 10, 4, 4}, 3, 1, 0, 0);
  REQUIRE(pictures.count == 3);
  CHECK(rows_of(pictures, blue, 100, 0) == std::set<int64_t>{pictures.height - 1});
  CHECK(rows_of(pictures, blue, 100, 1) == std::set<int64_t>{0});
  CHECK(rows_of(pictures, blue, 100, 2) == std::set<int64_t>{(pictures.height - 1) * 3 / 4});
}

TEST_CASE("plot: values that are all the same, one value alone, more values than columns") {
  const ImageStack same = plotted({7, 7, 7}, 1, 1, 0, 0);
  CHECK(rows_of(same, blue, 100) == std::set<int64_t>{same.height - 1});
  const ImageStack one = plotted({0}, 1, 1, -1, 1);
  CHECK(dots_of(one, blue) == 1);
  std::vector<float> many(10'000, -0.5F);
  many[5'000] = 0.9F;  // a peak that is narrower than a column
  const ImageStack peak = plotted(many, 1, 1, -1, 1);
  CHECK(rows_of(peak, blue, peak.width / 2).size() > 50);
}

TEST_CASE("plot: what is no number leaves its place empty") {
  const float none = std::numeric_limits<float>::quiet_NaN();
  const ImageStack picture = plotted({none, none, none}, 1, 1, -1, 1);
  CHECK(dots_of(picture, blue) == 0);
}
