// Convolutions and pooling along one and three axes, and patches: values as PyTorch 2.13 gives them, and what an author
// reads when shapes do not fit.
#include "ops_refusal.hpp"
#include "ops_result.hpp"

namespace atelier::ops::test {
namespace {

Leaf weight(const Shape& shape) {
  return leaf(shape, 5, 13);
}
Leaf bias(int64_t channels) {
  return {{channels}, ramp(static_cast<size_t>(channels))};
}

}  // namespace

TEST_CASE("axes: convolutions of signals") {
  check_close(result("conv1d", {leaf({2, 4, 5}), weight({6, 2, 2}), bias(6)}, {List{2}, List{2, 1}, List{3}, 2}),
              {-1.75, 4,    2.5, 13.25, 6.25,  0.25, 2.25, 5.25, 4.5, 4, 6,    7.25, 1, 7.25, 12.5, 4.5,  8.5,  11.25,
               -1,    3.25, 1,   3.5,   16.25, -2,   1.5,  9.75, 1.5, 8, 0.75, 3.5,  7, 0.5,  8,    12.5, 0.25, 6});
  check_close(
      result("conv_transpose1d", {leaf({2, 4, 5}), weight({4, 3, 2}), bias(6)},
             {List{3}, List{1, 1}, List{2}, List{2}, 2}),
      {0, -3.5, -3,    0, 7,    1,    0, 1,     -6,   0, -2.25, -2,    0, 5.5,  0,  1, 2,     1.75, 1, 2,     -1.25,
       1, 2,    12.25, 1, -3.5, 1,    1, 2,     1,    2, -5.5,  13,    2, 6.75, 3,  2, -0.25, 1.25, 2, 14.75, 10.5,
       2, 5,    2,     3, 3,    -5,   3, 7,     16,   3, 0,     4,     3, 4,    3,  3, -3,    3,    4, 2.5,   0.5,
       4, -0.5, 11,    4, 4.75, 5,    4, 1.75,  1.75, 4, 15.25, 4,     5, 8.5,  6,  5, -1.5,  6,    5, 16,    6,
       5, 6,    0.5,   5, 4.25, 5,    0, 8.5,   0,    0, 2.5,   4,     0, -3.5, -3, 0, 7,     1,    0, 1,     0,
       1, 2,    -0.5,  1, 2,    -3.5, 1, 2,     1.75, 1, 2,     -1.25, 1, 2,    1,  2, 8.5,   5.5,  2, 1.5,   -4.5,
       2, -5.5, 13,    2, 6.75, 3,    2, -0.25, 2,    3, 6,     19,    3, -1,   7,  3, 3,     -5,   3, 7,     16,
       3, 0,    3,     4, 0.25, 12.5, 4, 5.5,   6.5,  4, 2.5,   0.5,   4, -0.5, 11, 4, 4.75,  4,    5, 1,     6,
       5, 18.5, 6,     5, 8.5,  6,    5, -1.5,  6,    5, 16,    5});
}

TEST_CASE("axes: convolutions of volumes") {
  check_close(result("conv3d", {leaf({1, 2, 3, 4, 3}), weight({3, 2, 2, 2, 2}), bias(3)},
                     {List{2, 1, 2}, List{1, 2, 1, 0, 0, 1}, List{2, 1, 1}}),
              {-3.75, 1.25,  -2.5, 10.5, -8.25, 8.5,  2.5,   6.5,  9,     17.75, 0.75, 4.75, -0.75, 3.25, -5,    1.75,
               -1.75, 7.75,  1.75, 21.5, -4.75, 17.5, 10.75, 13.5, 4.5,   8,     -1.5, 2.75, -3.75, 2.5,  -3.25, 2.25,
               10,    14.25, 19,   32.5, 15,    26.5, 2.75,  20.5, -3.25, -5,    -7,   -2.5, -10,   -1.5, -4.75, -0.5});
  check_close(
      result("conv3d", {leaf({1, 2, 3, 4, 3}), weight({4, 1, 2, 1, 2})}, {List{1, 1, 1}, List(6, 0), List{1, 1, 1}, 2}),
      {9.75, -7.75, -1.5,  -8,   -1.75, -8.25, -2,    -8.5,  -7.75, 10.5,  -8,   10.25, -8.25, 10,    -8.5,  9.75,
       1.75, 7.75,  6,     3.75, 2,     -0.25, -2,    -4.25, 7.75,  13.75, 3.75, 9.75,  -0.25, 5.75,  -4.25, 1.75,
       0.5,  -7.25, -0.75, -8.5, -2,    -9.75, -6,    13.75, -7.25, 12.5,  -8.5, 11.25, -9.75, 10,    13.75, 0.5,
       1.5,  11,    -0.25, 9.25, -2,    7.5,   12.75, -2.5,  11,    -4.25, 9.25, -6,    7.5,   -7.75, -2.5,  1.5});
}

TEST_CASE("axes: transposed convolutions of volumes") {
  check_close(
      result("conv_transpose3d", {leaf({1, 2, 2, 2, 2}), weight({2, 2, 2, 2, 1}), bias(2)},
             {List{2, 1, 2}, List{1, 1, 0, 0, 0, 0}, List{1, 0, 1}}),
      {-11.25, 0, 11.5,  0, 1.25,  0, -0.5, 0, 0.5, 0, -2, 0, -4.25, 0, 2.75, 0, -7.5, 0, -3.5, 0, 4.25,  0, 1.25, 0,
       8.25,   0, -4.75, 0, 16.25, 0, 6.25, 0, -4,  0, -1, 0, 0.25,  1, 2,    1, -8.5, 1, 9.75, 1, -0.25, 1, 2.5,  1,
       5.5,    1, -1.5,  1, 11.75, 1, 0.75, 1, 5,   1, 1,  1, 1.75,  1, 0.75, 1, 9.5,  1, -2.5, 1, 16.25, 1, 5.25, 1});
  check_close(result("conv_transpose3d", {leaf({1, 2, 2, 2, 2}), weight({2, 1, 2, 1, 2})},
                     {List{1, 1, 1}, List(6, 0), List(3, 0), List{2, 1, 1}, 2}),
              {4,   -4,  0.75, 1,  -6.25, 1.5,   -2, 2.5,  -0.5,  -5, 0.25, 0.25, -6,    6.5, -1.5, -1.5,
               9.5, -3,  3,    -4, 1,     7.5,   -1, -0.5, -2.25, -3, 8,    0,    -3,    -8,  2.25, 5.25,
               -2,  4.5, 13.5, 4,  0,     -3.75, 5,  0,    0,     -5, 0,    3.75, -1.25, 0,   7.5,  2.5});
}

TEST_CASE("axes: pooling of signals and volumes") {
  const Leaf signal = leaf({1, 2, 7});
  const std::vector<Given> along{List{3}, List{2}, List{1, 1}};
  check_close(result("max_pool1d", {signal}, along), {1.5, 3, 3, 2.5, 0.5, 2, 1.5, 1.5});
  check_close(
      result("avg_pool1d", {signal}, along),
      {-0.166666666667, 1.333333333333, 1, 0.5, -0.333333333333, 0.166666666667, -0.166666666667, 0.333333333333},
      1e-11);
  check_close(result("avg_pool1d", {signal}, {List{3}, List{2}, List{1, 1}, 0}),
              {-0.25, 1.333333333333, 1, 0.75, -0.5, 0.166666666667, -0.166666666667, 0.5}, 1e-11);
  const Leaf volume = leaf({1, 1, 4, 3, 4});
  const std::vector<Given> through{List{2, 3, 2}, List{1, 2, 2}, List{1, 1, 1, 1, 0, 0}};
  check_close(result("max_pool3d", {volume}, through),
              {1.5, 3, 2, 2.5, 2.5, 3, 2.5, 2.5, 3, 3, 2.5, 2, 3, 2.5, 2.5, 3, 3, 2.5, 1.5, 3});
  check_close(result("avg_pool3d", {volume}, through),
              {-0.041666666667,
               0.458333333333,
               0.041666666667,
               0.083333333333,
               0.166666666667,
               0.708333333333,
               0.333333333333,
               -0.041666666667,
               0.666666666667,
               0.291666666667,
               0.375,
               0,
               0.708333333333,
               0.333333333333,
               -0.041666666667,
               0.5,
               0.25,
               0.291666666667,
               -0.125,
               0.375},
              1e-11);
  check_close(result("avg_pool3d", {volume}, {List{2, 3, 2}, List{1, 2, 2}, List{1, 1, 1, 1, 0, 0}, 0}),
              {-0.125, 1.375, 0.125,  0.25, 0.25,    1.0625, 0.5,  -0.0625, 1,      0.4375,
               0.5625, 0,     1.0625, 0.5,  -0.0625, 0.75,   0.75, 0.875,   -0.375, 1.125},
              1e-11);
}

TEST_CASE("axes: of equal maxima of a volume the first gets the gradient") {
  Bench bench;
  bench.begin();
  const uint32_t x = bench.input({1, 1, 2, 2, 2}, {1, 5, 5, 2, 5, 0, 5, 5});
  const uint32_t y = bench.apply("sum", {bench.apply("max_pool3d", {x}, {List{2, 2, 2}})});
  CHECK(bench.run({bench.gradient(y, {x})[0]})[0] == Numbers{0, 1, 0, 0, 0, 0, 0, 0});
}

TEST_CASE("axes: patches") {
  const Numbers columns{0, 0, 0, 4, 0, 0, 5, 6, 0, 0, 7, 0, 0, 0, 0, 8, 1, 2, 9, 10, 3, 0, 11, 0};
  const std::vector<Given> kernel{List{2, 3}, List{2, 1}, List{1, 1, 1, 1}, List{1, 2}};
  CHECK(result("unfold", {{{1, 1, 3, 4}, ramp(12)}}, kernel) == columns);
  CHECK(result("fold", {{{1, 6, 4}, columns}}, {List{3, 4}, List{2, 3}, List{2, 1}, List{1, 1, 1, 1}, List{1, 2}}) ==
        Numbers{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11});
  CHECK(result("fold", {{{1, 8, 6}, ramp(48)}}, {List{3, 4}, List{2, 2}}) ==
        Numbers{0, 7, 9, 8, 15, 44, 48, 31, 15, 37, 39, 23, 24, 55, 57, 32, 63, 140, 144, 79, 39, 85, 87, 47});
}

TEST_CASE("axes: errors") {
  CHECK(message("conv1d", {{2, 4, 5}, {6, 4, 2}}, {List{1}, List{0, 0}, List{1}, 2}) ==
        "model.cpp:12: conv1d: got x of (2, 4, 5), a weight of (6, 4, 2) and 2 groups, expected x (B, C, L) and a "
        "weight (O, C / groups, K), with O a multiple of the groups");
  CHECK(message("conv1d", {{2, 4, 3}, {6, 4, 2}}, {List{1}, List{0, 0}, List{3}}) ==
        "model.cpp:12: conv1d: got a kernel of 2 (dilation 3) for a padded signal of 3; hint: pad more, or use a "
        "smaller kernel");
  CHECK(message("conv1d", {{2, 4, 3}, {6, 4, 2}}, {List{1, 1}}) ==
        "model.cpp:12: conv1d: got a stride of [1, 1], expected 1 integers of at least 1");
  CHECK(message("conv3d", {{2, 4, 3, 3}, {6, 4, 2, 2}}) ==
        "model.cpp:12: conv3d: got x of (2, 4, 3, 3), a weight of (6, 4, 2, 2) and 1 groups, expected x "
        "(B, C, D, H, W) and a weight (O, C / groups, Kd, Kh, Kw), with O a multiple of the groups");
  CHECK(message("conv3d", {{1, 1, 2, 3, 3}, {2, 1, 1, 1, 1}, {3}}) ==
        "model.cpp:12: conv3d: got a bias of (3), expected (2)");
  CHECK(message("conv_transpose1d", {{1, 1, 2}, {1, 1, 2}}, {List{2}, List{0, 0}, List{2}}) ==
        "model.cpp:12: conv_transpose1d: got an output_padding of [2], expected each below the stride [2]");
  CHECK(message("conv_transpose3d", {{1, 1, 1, 2, 2}, {1, 1, 2, 1, 1}}, {List{1, 1, 1}, List{1, 1, 0, 0, 0, 0}}) ==
        "model.cpp:12: conv_transpose3d: got a result of 0 x 2 x 2, expected at least 1 along each axis; hint: pad "
        "less");
  CHECK(message("max_pool1d", {{1, 1, 5}}, {List{2}, List{}, List{2, 0}}) ==
        "model.cpp:12: max_pool1d: got a padding of [2, 0] for a kernel of 2, expected less than the kernel on each "
        "side");
  CHECK(message("avg_pool3d", {{1, 5, 5, 5}}, {List{2, 2, 2}}) ==
        "model.cpp:12: avg_pool3d: input 0 must be (B, C, D, H, W), got (1, 5, 5, 5)");
  CHECK(message("unfold", {{1, 1, 2, 4}}, {List{3, 3}}) ==
        "model.cpp:12: unfold: got a kernel of 3 x 3 (dilation 1 x 1) for a padded image of 2 x 4; hint: pad more, or "
        "use a smaller kernel");
  CHECK(message("fold", {{1, 8, 5}}, {List{3, 4}, List{2, 2}}) ==
        "model.cpp:12: fold: got columns of (1, 8, 5) for an image of 3 x 4 with 2 x 3 places of a kernel of 2 x 2, "
        "expected (B, 4 C, 6)");
}

}  // namespace atelier::ops::test
