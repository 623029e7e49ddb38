// Sampling on grids and bicubic resizing: values as PyTorch 2.13 gives them, and what an author reads when something
// does not fit.
#include "ops_refusal.hpp"
#include "ops_result.hpp"

namespace atelier::ops::test {
namespace {

const Leaf places{{1, 2, 3, 2}, {-0.9, -0.8, 0.3, 0.1, 1.2, -0.4, 0.55, 0.95, -1.4, 1.3, 0.2, -1.05}};

Numbers sampled(int nearest, int outside, int align_corners) {
  return result("grid_sample", {leaf({1, 2, 3, 4}), places}, {nearest, outside, align_corners});
}

}  // namespace

TEST_CASE("sampling: bilinear, with zeros, the border and a mirror outside") {
  check_close(sampled(0, 0, 0), {-1.12, 1.925, 0.2, -0.69, 0, -0.1275, 0.84, 0.0075, 0, 0.0575, 0, 1.12625}, 1e-11);
  check_close(sampled(0, 0, 1),
              {-1.04, 2.1025, 1.05, -0.525, -0.42, -0.095, 0.865, 0.35, -0.35, -0.826875, 0.56, 2.185}, 1e-11);
  check_close(sampled(0, 1, 0), {-2, 1.925, 2, -1.2, -1.5, -0.3, 1.5, 0.0075, 0, 0.1, 2, 2.65}, 1e-11);
  check_close(sampled(0, 1, 1), {-1.04, 2.1025, 1.5, -0.525, -1.5, -0.1, 0.865, 0.35, -0.5, -0.826875, 2, 2.3}, 1e-11);
  check_close(sampled(0, 2, 0), {-2, 1.925, 2, -1.2, -0.45, -0.3, 1.5, 0.0075, 0, 0.1, 1.4, 2.65}, 1e-11);
  check_close(sampled(0, 2, 1), {-1.04, 2.1025, 1.44, -0.525, 0.36, -0.005, 0.865, 0.35, 0.1, -0.826875, 0.89, 2.23},
              1e-11);
}

TEST_CASE("sampling: the nearest pixel, of two the even one") {
  CHECK(sampled(1, 0, 0) == Numbers{-2, 2.5, 0, -2, 0, 0, 1.5, 0.5, 0, 1.5, 0, 0});
  CHECK(sampled(1, 0, 1) == Numbers{-2, 2.5, 0.5, 0, 0, -0.5, 1.5, 0.5, -1.5, -2, 0, 3});
  CHECK(sampled(1, 1, 0) == Numbers{-2, 2.5, 3, -2, -1.5, -0.5, 1.5, 0.5, 1, 1.5, 2, 3});
  CHECK(sampled(1, 1, 1) == Numbers{-2, 2.5, 0.5, 0, -1.5, -0.5, 1.5, 0.5, -1.5, -2, 2, 3});
  CHECK(sampled(1, 2, 0) == Numbers{-2, 2.5, 3, -2, -1.5, -0.5, 1.5, 0.5, 1, 1.5, 2, 3});
  CHECK(sampled(1, 2, 1) == Numbers{-2, 2.5, 0.5, 0, 2, -0.5, 1.5, 0.5, -1.5, -2, 0, 3});
  const Leaf halves{{1, 1, 6, 2}, {-1, 0, -0.5, 0, 0, 0, 0.5, 0, 1, 0, 1.5, 0}};
  CHECK(result("grid_sample", {{{1, 1, 1, 4}, ramp(4, 1)}, halves}, {1, 0, 0}) == Numbers{1, 1, 3, 3, 0, 0});
}

TEST_CASE("sampling: an image of one pixel, and no number as a place") {
  const Leaf one{{1, 1, 1, 1}, {7}};
  for (const int outside : {1, 2}) {
    for (const int align_corners : {0, 1}) {
      CHECK(result("grid_sample", {one, places}, {0, outside, align_corners}) == Numbers(6, 7.0));
    }
  }
  CHECK(std::isnan(result("grid_sample", {one, {{1, 1, 1, 2}, {nan, 0}}})[0]));
}

TEST_CASE("sampling: bicubic") {
  check_close(result("upsample_bicubic2d", {leaf({1, 2, 3, 4})}, {List{5, 3}}),
              {-1.666018518519, 0.476,     2.618018518519,  -0.525988425926, 0.541875,  2.023155092593,
               0.652199074074,  0.75,      0.847800925926,  -0.183988425926, 1.2365625, -0.856928240741,
               -1.118018518519, 1.589125,  -1.996851851852, 1.30725462963,   1.1765,    1.596967592593,
               0.366349537037,  1.8013125, 0.181585648148,  -0.462962962963, 2.015625,  -1.247685185185,
               0.773662037037,  -0.090375, -0.081643518519, 1.959907407407,  -1.854625, 1.175185185185},
              1e-11);
  check_close(result("upsample_bicubic2d", {leaf({1, 1, 5, 6})}, {List{2, 4}}),
              {1.505836486816, -1.620323181152, 2.399932861328, -1.733810424805, -0.082077026367, 1.341751098633,
               -0.793014526367, 0.630813598633},
              1e-11);
}

TEST_CASE("sampling: errors") {
  CHECK(message("grid_sample", {{2, 3, 4, 4}, {1, 5, 5, 2}}) ==
        "model.cpp:12: grid_sample: got a grid of (1, 5, 5, 2), expected (B, H', W', 2) for 2 images");
  CHECK(message("grid_sample", {{2, 3, 0, 4}, {2, 5, 5, 2}}) ==
        "model.cpp:12: grid_sample: got x of (2, 3, 0, 4), expected at least one pixel");
  CHECK(message("grid_sample", {{2, 3, 4, 4}, {2, 5, 5, 2}}, {0, 3}) ==
        "model.cpp:12: grid_sample: got outside of 3, expected 0 for zeros, 1 for the border, or 2 for a reflection");
  CHECK(message("upsample_bicubic2d", {{2, 3, 4, 4}}, {List{0, 4}}) ==
        "model.cpp:12: upsample_bicubic2d: got a size of [0, 4], expected rows and columns of at least 1");
}

}  // namespace atelier::ops::test
