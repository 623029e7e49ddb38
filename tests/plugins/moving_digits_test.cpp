#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <ranges>
#include <span>

#include "hand_made_source.hpp"

using namespace atelier::testing;

namespace {

constexpr int64_t digit_side = 5, scene = 16, frame_count = 30;

// All its pixels differ, and none is black.
float digit_pixel(int64_t row, int64_t column) {
  return static_cast<float>(1 + row * digit_side + column) / 32;
}

const HandMadeSource& one_digit() {
  static const HandMadeSource source({.dims = {1, digit_side, digit_side}},
                                     [](int32_t, int64_t, float* image, int64_t& label) {
                                       for (int64_t i = 0; i < digit_side * digit_side; ++i) {
                                         image[i] = digit_pixel(i / digit_side, i % digit_side);
                                       }
                                       label = 0;
                                     });
  return source;
}

MadeDataset make(const HandMadeSource& source, const SettingValues& more) {
  SettingValues settings = more;
  settings.insert({{"size", scene}, {"frames", frame_count}, {"count", int64_t{50}}});
  return DatasetHost::of(MOVING_DIGITS_PLUGIN).make_from(source.table(), "moving-digits", settings);
}

struct Place {
  int64_t x, y;
};

// Where the one digit of a frame is; the frame must be that digit's pixels, and black.
Place place_of_digit(const float* frame) {
  const int64_t first = std::find_if(frame, frame + scene * scene, [](float x) { return x > 0; }) - frame;
  const Place at{first % scene, first / scene};
  for (int64_t row = 0; row < scene; ++row) {
    for (int64_t column = 0; column < scene; ++column) {
      const int64_t y = row - at.y, x = column - at.x;
      const bool inside = y >= 0 && y < digit_side && x >= 0 && x < digit_side;
      REQUIRE(frame[row * scene + column] == (inside ? digit_pixel(y, x) : 0.0F));
    }
  }
  return at;
}

std::vector<Place> path(const MadeDataset& dataset, int64_t index) {
  const FieldValues sample = dataset.read_fields(ATL_TRAIN, index);
  std::vector<Place> places;
  for (int64_t t = 0; t < frame_count; ++t) {
    places.push_back(place_of_digit(sample.reals.at("frames").data() + t * scene * scene));
  }
  return places;
}

}  // namespace

TEST_CASE("moving digits have frames, and an image that is the first of them") {
  const MadeDataset dataset = make(one_digit(), {});
  REQUIRE(dataset.error() == "");
  const atl_field& frames = dataset.spec().fields[0];
  CHECK(view(frames.name) == "frames");
  CHECK(std::vector<int64_t>(frames.dims, frames.dims + frames.rank) == std::vector<int64_t>{frame_count, 1, 16, 16});
  const FieldValues sample = dataset.read_fields(ATL_TRAIN, 0);
  CHECK(std::ranges::equal(sample.reals.at("image"), std::span(sample.reals.at("frames")).first(scene * scene)));
}

TEST_CASE("a digit keeps its pixels, moves at its speed, and turns at walls only") {
  constexpr double slow = 1.5, fast = 3;
  const MadeDataset dataset = make(one_digit(), {{"digits", int64_t{1}}, {"speed", std::vector<double>{slow, fast}}});
  REQUIRE(dataset.error() == "");
  int turns = 0;
  for (int64_t i = 0; i < 50; ++i) {
    const std::vector<Place> places = path(dataset, i);
    const auto check_axis = [&](int64_t Place::*axis) {
      for (size_t t = 2; t < places.size(); ++t) {
        const int64_t before = places[t - 1].*axis - places[t - 2].*axis, now = places[t].*axis - places[t - 1].*axis;
        if (before * now < 0) {  // within a step of a wall
          const int64_t at = places[t - 1].*axis;
          REQUIRE(std::min(at, scene - digit_side - at) <= static_cast<int64_t>(fast));
          ++turns;
        }
      }
    };
    check_axis(&Place::x);
    check_axis(&Place::y);
    for (size_t t = 1; t < places.size(); ++t) {
      const auto dx = static_cast<double>(places[t].x - places[t - 1].x);
      const auto dy = static_cast<double>(places[t].y - places[t - 1].y);
      REQUIRE(std::hypot(dx, dy) <= fast + std::sqrt(2.0));  // a place is rounded by half a pixel, on both axes
    }
  }
  CHECK(turns > 200);  // 30 frames at 2 pixels and more cross the 11 free ones at least four times, on one axis or both
}

TEST_CASE("between walls the velocity is constant, and its directions are all there are") {
  // A scene so wide that nothing reaches a wall in three frames but what starts near it.
  const MadeDataset dataset = make(
      one_digit(),
      {{"digits", int64_t{1}}, {"speed", std::vector<double>{2, 2}}, {"frames", int64_t{3}}, {"size", int64_t{200}}});
  REQUIRE(dataset.error() == "");
  int quadrants[4] = {};
  for (int64_t i = 0; i < 50; ++i) {
    const std::vector<float> frames = dataset.read_fields(ATL_TRAIN, i).reals.at("frames");
    Place places[3];
    for (int64_t t = 0; t < 3; ++t) {
      const float* const frame = frames.data() + t * 40000;
      const int64_t first = std::find_if(frame, frame + 40000, [](float x) { return x > 0; }) - frame;
      places[t] = {first % 200, first / 200};
    }
    if (std::min(places[0].x, places[0].y) < 5 || std::max(places[0].x, places[0].y) > 190) {
      continue;
    }
    const auto dx = static_cast<double>(places[2].x - places[0].x), dy = static_cast<double>(places[2].y - places[0].y);
    CHECK(std::hypot(dx, dy) == doctest::Approx(4).epsilon(0.3));  // two rounded places
    CHECK(std::abs(places[2].x - 2 * places[1].x + places[0].x) <= 2);
    ++quadrants[(dx >= 0 ? 1 : 0) + (dy >= 0 ? 2 : 0)];
  }
  CHECK(std::ranges::all_of(quadrants, [](int n) { return n > 4; }));
}

TEST_CASE("where digits overlap, the brighter one is seen") {
  const HandMadeSource source({.dims = {1, digit_side, digit_side}, .train_count = 2},
                              [](int32_t, int64_t index, float* image, int64_t& label) {
                                std::fill_n(image, digit_side * digit_side, index == 0 ? 0.25F : 0.75F);
                                label = index;
                              });
  const MadeDataset dataset = make(source, {{"digits", int64_t{3}}});
  bool overlapped = false;
  for (int64_t i = 0; i < 50; ++i) {
    const std::vector<float> frames = dataset.read_fields(ATL_TRAIN, i).reals.at("frames");
    const auto count = [&](int64_t t, float value) {
      return std::count(frames.begin() + t * scene * scene, frames.begin() + (t + 1) * scene * scene, value);
    };
    for (int64_t t = 0; t < frame_count; ++t) {
      REQUIRE(count(t, 0.0F) + count(t, 0.25F) + count(t, 0.75F) == scene * scene);
      overlapped = overlapped || count(t, 0.0F) > scene * scene - 3 * digit_side * digit_side;
    }
    const bool one_bright = std::ranges::any_of(std::views::iota(int64_t{0}, frame_count),
                                                [&](int64_t t) { return count(t, 0.75F) > digit_side * digit_side; });
    if (!one_bright && count(0, 0.75F) > 0) {
      for (int64_t t = 0; t < frame_count; ++t) {
        REQUIRE(count(t, 0.75F) == digit_side * digit_side);  // never hidden
      }
    }
  }
  CHECK(overlapped);
}

TEST_CASE("smaller digits are means of their pixels") {
  const HandMadeSource source({.dims = {1, 4, 4}}, [](int32_t, int64_t, float* image, int64_t& label) {
    for (int64_t i = 0; i < 16; ++i) {
      image[i] = static_cast<float>(1 + i) / 16;
    }
    label = 0;
  });
  const MadeDataset dataset = make(source, {{"digits", int64_t{1}}, {"scale", 0.5}});
  std::vector<float> found = dataset.read_fields(ATL_TRAIN, 0).reals.at("image");
  std::erase(found, 0.0F);
  CHECK(found == std::vector<float>{3.5F / 16, 5.5F / 16, 11.5F / 16, 13.5F / 16});
}

TEST_CASE("settings of moving digits that cannot be are told") {
  CHECK(make(one_digit(), {{"speed", std::vector<double>{5, 2}}}).error() ==
        "moving-digits: speed has the greatest value first, expected two, [least, greatest]; hint: repeat one for a "
        "fixed value");
  CHECK(make(one_digit(), {{"speed", std::vector<double>{2}}}).error() ==
        "moving-digits: speed has 1 values, expected two, [least, greatest]; hint: repeat one for a fixed value");
  const HandMadeSource large({.dims = {1, 28, 30}}, [](int32_t, int64_t, float*, int64_t&) {});
  CHECK(make(large, {}).error() ==
        "moving-digits: images of 28 x 30 in scenes of 16 x 16, expected images that fit; hint: a greater size or a "
        "smaller scale");
  CHECK(make(large, {{"scale", 0.5}}).error() == "");
}
