// Pooling, upsampling, normalization and warping: values against the formulas and against PyTorch's, and what an author
// reads when shapes do not fit.
#include "ops_refusal.hpp"
#include "ops_result.hpp"

namespace atelier::ops::test {
namespace {

// (2, 4, 2, 3), as the tables below were made with PyTorch 2.13.
Numbers normalized_input() {
  Numbers x(48);
  for (size_t i = 0; i < x.size(); ++i) {
    x[i] = static_cast<double>((i * 7) % 11) * 0.5 - 2;
  }
  return x;
}

Numbers second_image(const Numbers& y) {
  return {y.begin() + 24, y.end()};
}

}  // namespace

TEST_CASE("images: pooling") {
  const Leaf x{{1, 1, 5, 5}, ramp(25)};
  const std::vector<Given> overlapping{List{3, 3}, List{2, 2}, List{1, 1, 1, 1}};
  CHECK(result("max_pool2d", {x}, overlapping) == Numbers{6, 8, 9, 16, 18, 19, 21, 23, 24});
  check_close(result("avg_pool2d", {x}, overlapping), {4.0 / 3, 3, 8.0 / 3, 7, 12, 9, 8, 13, 28.0 / 3});
  check_close(result("avg_pool2d", {x}, {List{3, 3}, List{2, 2}, List{1, 1, 1, 1}, 0}),
              {3, 4.5, 6, 10.5, 12, 13.5, 18, 19.5, 21});
  CHECK(result("max_pool2d", {x}, {List{2, 2}}) == Numbers{6, 8, 16, 18});
  CHECK(result("max_pool2d", {{{1, 2, 1, 2}, {3, 5, -1, -7}}}, {List{1, 2}}) == Numbers{5, -1});
  CHECK(result("global_avg_pool2d", {{{2, 2, 1, 2}, ramp(8)}}) == Numbers{0.5, 2.5, 4.5, 6.5});
  const Numbers with_nan = result("max_pool2d", {{{1, 1, 1, 4}, {nan, 1, 2, nan}}}, {List{1, 2}});
  CHECK(std::isnan(with_nan[0]));
  CHECK(std::isnan(with_nan[1]));
}

TEST_CASE("images: of equal maxima the first gets the gradient") {
  Bench bench;
  bench.begin();
  const uint32_t x = bench.input({1, 1, 2, 4}, {5, 5, 1, 2, 5, 0, 2, 2});
  const uint32_t y = bench.apply("sum", {bench.apply("max_pool2d", {x}, {List{2, 2}})});
  CHECK(bench.run({bench.gradient(y, {x})[0]})[0] == Numbers{1, 0, 0, 1, 0, 0, 0, 0});
}

TEST_CASE("images: upsampling") {
  const Leaf x{{1, 1, 2, 3}, ramp(6)};
  CHECK(result("upsample_nearest2d", {x}, {List{1, 2}}) == Numbers{0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5});
  CHECK(result("upsample_nearest2d", {{{1, 2, 1, 1}, {1, 2}}}, {List{2, 2}}) == Numbers{1, 1, 1, 1, 2, 2, 2, 2});
  check_close(result("upsample_bilinear2d", {x}, {List{4, 5}}),
              {0, 0.4, 1, 1.6, 2, 0.75, 1.15, 1.75, 2.35, 2.75, 2.25, 2.65, 3.25, 3.85, 4.25, 3, 3.4, 4, 4.6, 5});
  check_close(result("upsample_bilinear2d", {{{1, 1, 4, 4}, ramp(16)}}, {List{3, 2}}),
              {7.0 / 6, 19.0 / 6, 6.5, 8.5, 71.0 / 6, 83.0 / 6});
}

TEST_CASE("images: batch normalization gives mean and biased variance") {
  Bench bench(Mode::evaluate, DType::f64);
  bench.begin();
  const uint32_t x = bench.input({2, 2, 1, 2}, {1, 3, 10, 10, 5, 7, 10, 14});
  const uint32_t scale = bench.input({2}, {1, 2});
  const uint32_t shift = bench.input({2}, {0, 5});
  const uint32_t y = bench.apply("batch_norm", {x, scale, shift}, {0.0});
  const uint32_t again = bench.apply("batch_norm_inference", {x, scale, shift, y + 1, y + 2}, {0.0});
  const auto values = bench.run({y, y + 1, y + 2, again});
  CHECK(values[1] == Numbers{4, 11});
  CHECK(values[2] == Numbers{5, 3});
  const double s = 1 / std::sqrt(5.0);
  const double t = 2 / std::sqrt(3.0);
  check_close(values[0], {-3 * s, -s, 5 - t, 5 - t, s, 3 * s, 5 - t, 5 + 3 * t});
  check_close(values[3], values[0]);
}

TEST_CASE("images: a mean far from 0 costs the variance no digits") {
  constexpr size_t rows = 5000;
  Numbers x(2 * rows);
  for (size_t i = 0; i < rows; ++i) {
    x[2 * i] = 4096 + (i % 2 == 0 ? 0.25 : -0.25);
    x[2 * i + 1] = i % 2 == 0 ? 3 : -3;
  }
  Bench bench;
  bench.begin();
  const uint32_t y =
      bench.apply("batch_norm", {bench.input({rows, 2}, x), bench.input({2}, {1, 1}), bench.input({2}, {0, 0})}, {0.0});
  const auto values = bench.run({y, y + 1, y + 2});
  CHECK(values[1] == Numbers{4096, 0});
  check_close(values[2], {0.0625, 9}, 1e-6);
  check_close({values[0][0], values[0][3]}, {1, -1}, 1e-6);
}

TEST_CASE("images: normalizations of each image agree with PyTorch") {
  const Leaf x{{2, 4, 2, 3}, normalized_input()};
  const Leaf scale{{4}, {1, 2, 0.5, -1}};
  const Leaf shift{{4}, {0, 1, -1, 0.5}};
  check_close(second_image(result("group_norm", {x, scale, shift}, {2})),
              {-0.595682139437, 1.678740574778,  0.379070452369,  -0.920599670039, 1.353823044176, 0.054152921767,
               -1.491034401283, 3.057811027147,  0.45847078233,   -2.140869462488, 2.407975965943, -0.191364278875,
               -0.311424500295, -0.912363118219, -1.513301736143, -0.461659154776, -1.0625977727,  -1.663536390624,
               -0.276212381485, 0.925664854363,  2.127542090211,  0.024256927477,  1.226134163325, -0.877150999409},
              1e-11);
  const Numbers instance{-0.973414870439, 1.431492456528,  0.057259698261, -1.316973060006, 1.087934266961,
                         -0.286298491306, -0.946829740878, 3.862984913056, 1.114519396522,  -1.633946120011,
                         3.175868533922,  0.427403017389,  -0.31901632999, -0.924335147777, -1.529653965563,
                         -0.470346034437, -1.075664852223, -1.68098367001, -0.296028333505, 0.898014166752,
                         2.09205666701,   0.002482291559,  1.196524791817, -0.893049583634};
  check_close(second_image(result("instance_norm", {x, scale, shift})), instance, 1e-11);
  check_close(second_image(result("group_norm", {x, scale, shift}, {4})), instance, 1e-11);
  check_close(second_image(result("layer_norm", {x, {{4, 2, 3}, ramp(24, 0, 0.1)}, {{4, 2, 3}, ramp(24, 0, -0.1)}})),
              {0,
               0.051463156872,
               -0.145628610354,
               -0.591275301677,
               0.081575165439,
               -0.519418353445,
               -1.368966796427,
               -0.074729019067,
               -1.07962428961,
               -2.33307448425,
               -0.417449396646,
               -1.826246418848,
               0.617557882463,
               -0.946585967299,
               -2.759284741158,
               0.305906870396,
               -1.662138731024,
               -3.878739256543,
               -0.192160334744,
               -2.564107687823,
               -5.184609965,
               -0.876643732957,
               -3.652492837695,
               1.183652608055},
              1e-11);
}

TEST_CASE("images: warping agrees with PyTorch's affine_grid and grid_sample") {
  const Leaf x{{1, 1, 3, 4}, ramp(12, 1)};
  const Leaf matrix{{1, 2, 3}, {0.8, -0.3, 0.1, 0.2, 0.9, -0.2}};
  check_close(result("warp", {x, matrix}), {1.0925, 1.9575, 3.0625, 2.87, 3.4, 4.8, 6.2, 7.6, 6.6, 8, 9.4, 10.8});
  check_close(result("warp", {x, matrix}, {List{2, 3}}), {1.595, 3.1, 343.0 / 75, 181.0 / 30, 7.9, 293.0 / 30});
  check_close(result("warp", {x, {{1, 2, 3}, {1, 0, 0, 0, 1, 0}}}), x.values);
  check_close(result("warp", {x, {{1, 2, 3}, {1, 0, 1000, 0, 1, 0}}}), Numbers(12, 0.0));
  CHECK(std::isnan(result("warp", {x, {{1, 2, 3}, {1, 0, std::nan(""), 0, 1, 0}}})[0]));
}

TEST_CASE("images: errors of pooling and upsampling") {
  CHECK(message("max_pool2d", {{8, 3, 5, 5}}, {List{2, 2}, List{}, List{0, 0, 2, 0}}) ==
        "model.cpp:12: max_pool2d: got a padding of [0, 0, 2, 0] for a kernel of 2 x 2, expected less than the kernel "
        "on each side");
  CHECK(message("avg_pool2d", {{8, 3, 4, 5}}, {List{5, 5}}) ==
        "model.cpp:12: avg_pool2d: got a kernel of 5 x 5 for a padded image of 4 x 5; hint: pad more, or use a smaller "
        "kernel");
  CHECK(message("max_pool2d", {{8, 3, 4, 5}}, {List{2}}) ==
        "model.cpp:12: max_pool2d: got a kernel of [2], expected 2 integers of at least 1");
  CHECK(message("max_pool2d", {{8, 3}}, {List{2, 2}}) ==
        "model.cpp:12: max_pool2d: input 0 must be (B, C, H, W), got (8, 3)");
  CHECK(message("upsample_nearest2d", {{8, 3, 4, 5}}, {List{2, 0}}) ==
        "model.cpp:12: upsample_nearest2d: got a factor of [2, 0], expected two integers of at least 1");
  CHECK(message("upsample_bilinear2d", {{8, 3, 4, 5}}, {List{7}}) ==
        "model.cpp:12: upsample_bilinear2d: got a size of [7], expected rows and columns of at least 1");
}

TEST_CASE("images: errors of normalization and warping") {
  CHECK(message("batch_norm", {{8, 3, 4}, {3}, {3}}) ==
        "model.cpp:12: batch_norm: got x of (8, 3, 4), expected (B, C) or (B, C, H, W)");
  CHECK(message("batch_norm", {{8, 3}, {3}, {4}}) ==
        "model.cpp:12: batch_norm: got a scale of (3) and a shift of (4), expected (3)");
  CHECK(message("batch_norm_inference", {{8, 3}, {3}, {3}, {1}, {3}}) ==
        "model.cpp:12: batch_norm_inference: got a mean of (1) and a variance of (3), expected (3)");
  CHECK(message("group_norm", {{8, 6, 4, 4}, {6}, {6}}, {4}) ==
        "model.cpp:12: group_norm: got 4 groups, expected a number that divides 6 channels");
  CHECK(message("instance_norm", {{8, 6}, {6}, {6}}) ==
        "model.cpp:12: instance_norm: got x of (8, 6), expected (B, C, H, W)");
  CHECK(message("layer_norm", {{8, 6}, {8}, {8}}) ==
        "model.cpp:12: layer_norm: got x of (8, 6), a scale of (8) and a shift of (8), expected a scale and a shift of "
        "x's last axes");
  CHECK(message("warp", {{8, 3, 4, 4}, {8, 2, 2}}) ==
        "model.cpp:12: warp: got matrices of (8, 2, 2), expected (8, 2, 3): a map for each image");
}

}  // namespace atelier::ops::test
