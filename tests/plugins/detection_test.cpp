// Mean average precision: known answers, and what another evaluation of the VOC challenge says of the same boxes
// (detection_values.py).
#include <doctest/doctest.h>

#include <cstdint>
#include <utility>

#include "../../plugins/metrics/detection/average_precision.hpp"

using namespace detection;

namespace {

struct Numbers {  // as in detection_values.py
  uint64_t x;
  double operator()() {
    x = (x * 1103515245 + 12345) % (uint64_t{1} << 31);
    return static_cast<double>(x) / 0x1p31;
  }
};

struct Scenes {
  std::vector<Truth> truths;
  std::vector<Detection> found;
};

Scenes scenes(size_t images, double classes, uint64_t seed) {
  Numbers draw{seed};
  Scenes out;
  for (size_t image = 0; image < images; ++image) {
    for (int boxes = 1 + static_cast<int>(3 * draw()); boxes > 0; --boxes) {
      const auto of_class = static_cast<size_t>(classes * draw());
      const double x = 40 * draw(), y = 40 * draw();
      const double width = 8 + 12 * draw(), height = 8 + 12 * draw();
      out.truths.push_back({image, of_class, {x, y, x + width, y + height}});
      for (int near = static_cast<int>(3 * draw()); near > 0; --near) {
        const double x0 = x + 8 * (draw() - 0.5), y0 = y + 8 * (draw() - 0.5);
        const size_t told = draw() < 0.8 ? of_class : static_cast<size_t>(classes * draw());
        const double score = draw();
        out.found.push_back({image, told, score, {x0, y0, x0 + width, y0 + height}});
      }
    }
  }
  return out;
}

double precision_of_one_class(const std::vector<Detection>& found, const std::vector<Truth>& truths) {
  return average_precisions(found, truths, 1, 0.5).front();
}

constexpr Box place{0, 0, 10, 10}, moved{5, 0, 15, 10}, elsewhere{20, 20, 30, 30};

}  // namespace

TEST_CASE("intersection over union") {
  CHECK(intersection_over_union(place, place) == 1);
  CHECK(intersection_over_union(place, moved) == doctest::Approx(50.0 / 150));
  CHECK(intersection_over_union(place, elsewhere) == 0);
  CHECK(intersection_over_union(place, {10, 0, 20, 10}) == 0);  // side by side
  CHECK(intersection_over_union({3, 3, 3, 3}, {3, 3, 3, 3}) == 0);
  CHECK(intersection_over_union(place, {8, 8, 2, 2}) == 0);  // inside out
}

TEST_CASE("average precision: known answers") {
  const std::vector<Truth> two{{0, 0, place}, {1, 0, place}};
  CHECK(precision_of_one_class({{0, 0, 0.9, place}, {1, 0, 0.8, place}}, two) == 1);
  CHECK(precision_of_one_class({}, two) == 0);
  CHECK(precision_of_one_class({{0, 0, 0.9, moved}, {1, 0, 0.8, elsewhere}}, two) == 0);
  // One of two is found, first or after a wrong one.
  CHECK(precision_of_one_class({{0, 0, 0.9, place}, {0, 0, 0.8, elsewhere}}, two) == doctest::Approx(0.5));
  CHECK(precision_of_one_class({{0, 0, 0.8, place}, {0, 0, 0.9, elsewhere}}, two) == doctest::Approx(0.25));
  // A box that is found twice is right once: precisions 1, 1/2, 2/3.
  CHECK(precision_of_one_class({{0, 0, 0.9, place}, {0, 0, 0.8, place}, {1, 0, 0.7, place}}, two) ==
        doctest::Approx(0.5 + 0.5 * 2 / 3));
  // The precision at a recall is the greatest beyond it: 0, 1/2, 2/3.
  CHECK(precision_of_one_class({{0, 0, 0.9, elsewhere}, {0, 0, 0.8, place}, {1, 0, 0.7, place}}, two) ==
        doctest::Approx(2.0 / 3));
  // A box is right where it stands, and nowhere else.
  CHECK(precision_of_one_class({{2, 0, 0.9, place}}, two) == 0);
  // Of equally sure ones the first counts as the surer one.
  CHECK(precision_of_one_class({{0, 0, 0.9, place}, {0, 0, 0.9, elsewhere}}, {{0, 0, place}}) == 1);
  CHECK(precision_of_one_class({{0, 0, 0.9, elsewhere}, {0, 0, 0.9, place}}, {{0, 0, place}}) == 0.5);
}

TEST_CASE("average precision: classes are told apart, and one that is nowhere has none") {
  const std::vector<Truth> truths{{0, 0, place}, {0, 2, elsewhere}};
  const std::vector<double> each =
      average_precisions({{0, 0, 0.9, place}, {0, 1, 0.9, elsewhere}, {0, 1, 0.8, place}}, truths, 3, 0.5);
  CHECK(each[0] == 1);
  CHECK(std::isnan(each[1]));
  CHECK(each[2] == 0);
}

TEST_CASE("average precision: as another evaluation has it") {
  const Scenes made = scenes(40, 4, 9);
  const std::pair<double, std::vector<double>> expected[] = {
      {0.3, {0.23724489795918366, 0.5246376811594202, 0.5685062859578094, 0.6431888544891641}},
      {0.5, {0.04081632653061224, 0.4014492753623188, 0.2894381703245969, 0.3114794412748377}},
      {0.75, {0.0, 0.0033444816053511705, 0.04605263157894737, 0.021241830065359478}}};
  for (const auto& wanted : expected) {
    const double least = wanted.first;
    const std::vector<double> each = average_precisions(made.found, made.truths, 4, least);
    for (size_t c = 0; c < each.size(); ++c) {
      CAPTURE(least);
      CAPTURE(c);
      CHECK(each[c] == doctest::Approx(wanted.second[c]).epsilon(1e-12));
    }
  }
}
