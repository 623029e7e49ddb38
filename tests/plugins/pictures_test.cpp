// What the SDK offers to datasets that draw: scaling, and random numbers that are counted.
#include <doctest/doctest.h>

#include <atelier/counted_draws.hpp>
#include <atelier/pictures.hpp>
#include <numeric>

using namespace atelier;

namespace {

GreyPicture picture_of(int64_t height, int64_t width, std::vector<float> pixels) {
  GreyPicture out(height, width);
  out.pixels = std::move(pixels);
  return out;
}

double mean(const GreyPicture& picture) {
  return std::accumulate(picture.pixels.begin(), picture.pixels.end(), 0.0) /
         static_cast<double>(picture.pixels.size());
}

}  // namespace

TEST_CASE("a picture shrinks to the means of what its pixels cover") {
  const GreyPicture halved = scaled(picture_of(2, 4, {1, 2, 3, 4, 5, 6, 7, 8}), 1, 2);
  CHECK(halved.pixels == std::vector<float>{3.5F, 5.5F});
  const GreyPicture uneven = scaled(picture_of(1, 3, {3, 6, 12}), 1, 2);  // a pixel and a half each
  CHECK(uneven.pixels[0] == doctest::Approx(4));
  CHECK(uneven.pixels[1] == doctest::Approx(10));
  GreyPicture ramp(28, 28);
  std::iota(ramp.pixels.begin(), ramp.pixels.end(), 0.0F);
  for (const int64_t side : {1, 9, 14, 20, 27}) {
    CHECK(mean(scaled(ramp, side, side)) == doctest::Approx(mean(ramp)));
  }
}

TEST_CASE("a picture grows bilinearly, its edges going on outside") {
  CHECK(scaled(picture_of(1, 2, {0, 4}), 1, 4).pixels == std::vector<float>{0, 1, 3, 4});
  CHECK(scaled(picture_of(1, 1, {5}), 2, 3).pixels == std::vector<float>(6, 5));
  const GreyPicture both = scaled(picture_of(2, 2, {0, 4, 8, 12}), 4, 1);  // one way grows, the other shrinks
  CHECK(both.pixels == std::vector<float>{2, 4, 8, 10});
}

TEST_CASE("between pixels a picture is bilinear, and 0 outside") {
  const GreyPicture picture = picture_of(2, 2, {0, 4, 8, 12});
  CHECK(bilinear(picture, 0, 1) == 4);
  CHECK(bilinear(picture, 0.5, 0.5) == 6);
  CHECK(bilinear(picture, 1.5, 1) == 6);  // halfway out
  CHECK(bilinear(picture, -1, 0) == 0);
}

TEST_CASE("hues go around from red") {
  CHECK(from_hue(0) == Colour{1, 0, 0});
  CHECK(from_hue(1.0 / 3)[1] == doctest::Approx(1));
  CHECK(from_hue(0.5) == Colour{0, 1, 1});
}

TEST_CASE("counted draws are uniform, and told apart by every key") {
  constexpr int64_t count = 60000;
  std::vector<int64_t> histogram(6, 0);
  double x = 0, y = 0, longest = 0;
  for (int64_t i = 0; i < count; ++i) {
    const Draws draws(1, 0, static_cast<uint64_t>(i));
    ++histogram.at(static_cast<size_t>(draws.integer(7, 6)));
    const UnitVector towards = direction(draws.part(3));
    x += towards.x;
    y += towards.y;
    longest = std::max(longest, std::abs(towards.x * towards.x + towards.y * towards.y - 1));
  }
  for (const int64_t n : histogram) {
    CHECK(std::abs(n - count / 6) < 400);  // four standard deviations
  }
  CHECK(std::abs(x / count) < 0.012);  // likewise
  CHECK(std::abs(y / count) < 0.012);
  CHECK(longest < 1e-15);
  const Draws draws(1, 0, 0);
  const double value = draws.uniform(0, 0, 1);
  for (const double other : {Draws(2, 0, 0).uniform(0, 0, 1), Draws(1, 1, 0).uniform(0, 0, 1),
                             Draws(1, 0, 1).uniform(0, 0, 1), draws.uniform(1, 0, 1), draws.part(0).uniform(0, 0, 1)}) {
    CHECK(value != other);
  }
}
