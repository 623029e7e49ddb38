// Forward values against what the formulas say.
#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <numbers>

#include "ops_result.hpp"

namespace atelier::ops::test {
TEST_CASE("values: broadcasting follows NumPy") {
  CHECK(result("add", {{{2, 3}, ramp(6)}, {{3}, {10, 20, 30}}}) == Numbers{10, 21, 32, 13, 24, 35});
  CHECK(result("sub", {{{2, 1}, {1, 2}}, {{1, 3}, {10, 20, 30}}}) == Numbers{-9, -19, -29, -8, -18, -28});
  CHECK(result("mul", {{{}, {3}}, {{2, 2}, ramp(4)}}) == Numbers{0, 3, 6, 9});
  CHECK(result("div", {{{1}, {1}}, {{1}, {4}}}) == Numbers{0.25});
  CHECK(result("add", {{{0, 3}, {}}, {{3}, {1, 2, 3}}}).empty());
  CHECK(result("broadcast_to", {{{2, 1}, {5, 6}}}, {List{2, 2, 3}}) == Numbers{5, 5, 5, 6, 6, 6, 5, 5, 5, 6, 6, 6});
}

TEST_CASE("values: choices") {
  CHECK(result("select", {{{3}, {1, 0, 2}}, {{}, {7}}, {{3}, {1, 2, 3}}}) == Numbers{7, 2, 7});
  CHECK(result("maximum", {{{3}, {1, 5, -1}}, {{}, {2}}}) == Numbers{2, 5, 2});
  CHECK(result("less", {{{3}, {1, 2, 3}}, {{}, {2}}}) == Numbers{1, 0, 0});
  CHECK(result("clamp", {{{3}, {-5, 0.5, 5}}}, {-1.0, 1.0}) == Numbers{-1, 0.5, 1});
  CHECK(result("is_finite", {{{3}, {nan, infinity, 1}}}) == Numbers{0, 0, 1});
}

TEST_CASE("values: activations") {
  const Numbers x{-2, -0.5, 0, 0.5, 2};
  Numbers gelu;
  Numbers elu;
  for (const double v : x) {
    gelu.push_back(0.5 * v * (1 + std::erf(v / std::numbers::sqrt2)));
    elu.push_back(v > 0 ? v : 1.5 * std::expm1(v));
  }
  check_close(result("gelu", {{{5}, x}}), gelu);
  check_close(result("elu", {{{5}, x}}, {1.5}), elu);
  check_close(result("leaky_relu", {{{5}, x}}), {-0.02, -0.005, 0, 0.5, 2});
  check_close(result("power", {{{2}, {4, 9}}}, {-0.5}), {0.5, 1.0 / 3});
}

TEST_CASE("values: movement") {
  CHECK(result("reshape", {{{2, 3}, ramp(6)}}, {List{3, -1}}) == ramp(6));
  CHECK(result("permute", {{{2, 3}, ramp(6)}}, {List{1, 0}}) == Numbers{0, 3, 1, 4, 2, 5});
  CHECK(result("permute", {{{2, 1, 3}, ramp(6)}}, {List{2, 0, 1}}) == Numbers{0, 3, 1, 4, 2, 5});
  CHECK(result("slice", {{{2, 4}, ramp(8)}}, {-1, 1, 2}) == Numbers{1, 2, 5, 6});
  CHECK(result("slice", {{{3, 2}, ramp(6)}}, {0, 2, 1}) == Numbers{4, 5});
  CHECK(result("update_slice", {{{2, 3}, ramp(6)}, {{2, 1}, {-1, -2}}}, {1, 2}) == Numbers{0, 1, -1, 3, 4, -2});
  CHECK(result("concatenate", {{{2, 1}, {1, 2}}, {{2, 2}, ramp(4, 10)}, {{2, 0}, {}}}, {1}) ==
        Numbers{1, 10, 11, 2, 12, 13});
  CHECK(result("pad", {{{1, 2}, {1, 2}}}, {List{1, 0}, List{0, 1}}) == Numbers{0, 0, 0, 1, 2, 0});
}

TEST_CASE("values: reductions over any axes") {
  const Leaf x{{2, 3, 4}, ramp(24)};
  CHECK(result("sum", {x}) == Numbers{276});
  CHECK(result("sum", {x}, {List{1}}) == Numbers{12, 15, 18, 21, 48, 51, 54, 57});
  CHECK(result("sum", {x}, {List{0, -1}}) == Numbers{60, 92, 124});
  CHECK(result("mean", {x}, {List{2, 1}, 1}) == Numbers{5.5, 17.5});
  CHECK(result("max", {x}, {List{0, 2}}) == Numbers{15, 19, 23});
  CHECK(result("min", {x}, {List{}, 1}) == Numbers{0});
  CHECK(result("sum", {{{}, {5}}}) == Numbers{5});
  CHECK(result("sum", {{{0, 2}, {}}}, {List{0}}) == Numbers{0, 0});
  CHECK(result("argmax", {{{2, 3}, {1, 7, 7, 3, 2, 1}}}, {1}) == Numbers{1, 0});
  CHECK(result("argmin", {{{2, 3}, {1, 7, 7, 3, 2, 1}}}, {0}) == Numbers{0, 1, 1});
}

TEST_CASE("values: the gradient of an extreme goes to the first one") {
  Bench bench;
  bench.begin();
  const uint32_t x = bench.input({2, 3}, {5, 5, 1, 2, 5, 2});
  const uint32_t columns = bench.apply("max", {x}, {List{0}});
  const auto over_all = bench.gradient(bench.apply("max", {x}), {x});
  const auto over_columns = bench.gradient(bench.apply("sum", {columns}), {x});
  const auto values = bench.run({over_all[0], over_columns[0]});
  CHECK(values[0] == Numbers{1, 0, 0, 0, 0, 0});
  CHECK(values[1] == Numbers{1, 1, 0, 0, 0, 1});
}

TEST_CASE("values: products") {
  const Leaf a{{2, 3}, ramp(6)};
  const Leaf b{{3, 2}, ramp(6, 1)};
  CHECK(result("matmul", {a, b}) == Numbers{13, 16, 40, 52});
  CHECK(result("gemm", {{{3, 2}, {0, 3, 1, 4, 2, 5}}, {{2, 3}, {1, 3, 5, 2, 4, 6}}}, {1, 1}) ==
        Numbers{13, 16, 40, 52});
  CHECK(result("matmul", {a, {{2, 3, 1}, ramp(6)}}) == Numbers{5, 14, 14, 50});
  CHECK(result("matmul", {{{2, 1, 1, 2}, ramp(4)}, {{3, 2, 1}, ramp(6)}}) == Numbers{1, 3, 5, 3, 13, 23});
  CHECK(result("linear", {a, {{2, 3}, {1, 0, 0, 0, 1, 1}}, {{2}, {100, 200}}}) == Numbers{100, 203, 103, 209});
  CHECK(result("linear", {{{3}, {1, 2, 3}}, {{1, 3}, {1, 1, 1}}}) == Numbers{6});
  CHECK(result("matmul", {{{2, 0}, {}}, {{0, 2}, {}}}) == Numbers(4, 0.0));
}

TEST_CASE("values: classification is stable for large logits") {
  check_close(result("softmax", {{{1, 3}, {1000, 1000, -1000}}}), {0.5, 0.5, 0});
  check_close(result("softmax", {{{2, 2}, {0, 1, 0, 1}}}, {0}), {0.5, 0.5, 0.5, 0.5});
  check_close(result("log_softmax", {{{1, 2}, {1e4, 0}}}), {0, -1e4});
  check_close(result("bce_with_logits", {{{4}, {-800, 800, 0, 2}}, {{4}, {0, 0, 1, 0.25}}}),
              {0, 800, std::numbers::ln2, std::log1p(std::exp(2.0)) - 0.5});
  const Numbers sure = result("bce_with_logits", {{{3}, {10, 15, 20}}, {{3}, {1, 1, 1}}});
  for (size_t i = 0; i < 3; ++i) {  // of a logit that is right: as small as it is, to all its digits
    CHECK(sure[i] == doctest::Approx(std::log1p(std::exp(-10.0 - 5.0 * static_cast<double>(i)))).epsilon(1e-6));
  }
}

TEST_CASE("values: indices") {
  Bench bench;
  bench.begin();
  const uint32_t table = bench.input({3, 2}, ramp(6));
  const uint32_t rows = bench.indices({2, 2}, {2, 0, 1, 2});
  const uint32_t labels = bench.indices({3}, {1, 0, 1});
  const uint32_t cross_entropy = bench.apply("cross_entropy", {table, labels});
  const auto values = bench.run({bench.apply("gather", {table, rows}), bench.apply("take", {table, labels}),
                                 bench.apply("one_hot", {labels}, {3}), bench.apply("cast", {labels}),
                                 bench.apply("scatter_add", {labels, table}, {2}), cross_entropy,
                                 bench.apply("gather", {table, bench.indices({2}, {3, -1})})});
  CHECK(values[0] == Numbers{4, 5, 0, 1, 2, 3, 4, 5});
  CHECK(values[1] == Numbers{1, 2, 5});
  CHECK(values[2] == Numbers{0, 1, 0, 1, 0, 0, 0, 1, 0});
  CHECK(values[3] == Numbers{1, 0, 1});
  CHECK(values[4] == Numbers{2, 3, 4, 6});
  const double near = std::log1p(std::exp(-1.0));
  CHECK(values[5][0] == doctest::Approx(near));
  CHECK(values[5][1] == doctest::Approx(near + 1));
  CHECK(std::isnan(values[6][0]));
  CHECK(std::isnan(values[6][3]));
}

TEST_CASE("values: convolutions") {
  // A kernel of ones sums neighbourhoods.
  CHECK(result("conv2d", {{{1, 1, 3, 3}, ramp(9)}, {{1, 1, 2, 2}, {1, 1, 1, 1}}}) == Numbers{8, 12, 20, 24});
  CHECK(result("conv2d", {{{1, 1, 3, 3}, ramp(9)}, {{1, 1, 2, 2}, {1, 1, 1, 1}}, {{1}, {100}}},
               {List{2, 2}, List{1, 0, 1, 0}}) == Numbers{100, 103, 109, 124});
  CHECK(result("conv2d", {{{1, 2, 1, 1}, {3, 5}}, {{2, 1, 1, 1}, {10, 100}}},
               {List{1, 1}, List{0, 0, 0, 0}, List{1, 1}, 2}) == Numbers{30, 500});
  CHECK(result("conv2d", {{{1, 1, 1, 3}, {1, 10, 100}}, {{1, 1, 1, 2}, {1, 1}}},
               {List{1, 1}, List{0, 0, 0, 0}, List{1, 2}}) == Numbers{101});
  // Each pixel is stamped into the result.
  CHECK(result("conv_transpose2d", {{{1, 1, 1, 2}, {1, 10}}, {{1, 1, 2, 2}, {1, 2, 3, 4}}}, {List{2, 2}}) ==
        Numbers{1, 2, 10, 20, 3, 4, 30, 40});
  CHECK(result("conv_transpose2d", {{{1, 1, 1, 2}, {1, 10}}, {{1, 1, 1, 2}, {1, 2}}, {{1}, {100}}}) ==
        Numbers{101, 112, 120});
}

TEST_CASE("views: everything can be seen in another shape") {
  Bench bench(Mode::train);
  const uint32_t p = bench.parameter({2, 3}, ramp(6), 0);
  bench.begin();
  const auto flat = [&](uint32_t x) { return bench.apply("reshape", {x}, {List{-1}}); };
  const uint32_t parameter = flat(bench.use(p));
  const uint32_t input = flat(bench.input({2, 3}, ramp(6, 10)));
  const uint32_t number = flat(bench.apply("scalar", {}, {2.5}));
  const uint32_t fused = flat(bench.apply("neg", {bench.apply("reshape", {parameter}, {List{3, 2}})}));
  const uint32_t again = flat(bench.apply("detach", {bench.apply("reshape", {fused}, {List{2, 1, 3}})}));
  const uint32_t index = flat(bench.apply("argmax", {bench.use(p)}, {1}));
  const uint32_t sum =
      bench.apply("add", {bench.apply("mul", {parameter, number}), bench.apply("add", {input, again})});
  bench.log("view", bench.apply("reshape", {bench.apply("sum", {sum})}, {List{1, 1}}));
  bench.minimize(0, bench.apply("reshape", {bench.apply("sum", {sum})}, {List{1}}), 1);
  const auto values = bench.run({parameter, input, number, fused, again, index, sum});
  CHECK(values[0] == ramp(6));
  CHECK(values[1] == ramp(6, 10));
  CHECK(values[2] == Numbers{2.5});
  CHECK(values[3] == ramp(6, 0, -1));
  CHECK(values[4] == values[3]);
  CHECK(values[5] == Numbers{2, 2});
  CHECK(values[6] == ramp(6, 10, 2.5));
  CHECK(bench.logged() == Numbers{97.5});
  CHECK(bench.value(p) == ramp(6, -2.5));
}

}  // namespace atelier::ops::test
