// Sums and products along an axis, as PyTorch 2.13's cumsum and cumprod give them.
#include <doctest/doctest.h>

#include "ops_result.hpp"

namespace atelier::ops::test {

TEST_CASE("cumulative: sums and products, with or without the element, from either end") {
  const Leaf x{{2, 3}, {1, 2, 3, 4, 5, 6}};
  CHECK(result("cumulative_sum", {x}) == Numbers{1, 3, 6, 4, 9, 15});
  CHECK(result("cumulative_sum", {x}, {0}) == Numbers{1, 2, 3, 5, 7, 9});
  CHECK(result("cumulative_sum", {x}, {1, 1}) == Numbers{0, 1, 3, 0, 4, 9});
  CHECK(result("cumulative_sum", {x}, {1, 0, 1}) == Numbers{6, 5, 3, 15, 11, 6});
  CHECK(result("cumulative_sum", {x}, {1, 1, 1}) == Numbers{5, 3, 0, 11, 6, 0});
  CHECK(result("cumulative_product", {x}) == Numbers{1, 2, 6, 4, 20, 120});
  CHECK(result("cumulative_product", {x}, {0, 1}) == Numbers{1, 1, 1, 1, 2, 3});
  CHECK(result("cumulative_product", {x}, {-1, 1, 1}) == Numbers{6, 3, 1, 30, 6, 1});
  CHECK(result("cumulative_sum", {{{0, 2}, {}}}, {0}).empty());
}

TEST_CASE("cumulative: of int64, and of many float32 numbers") {
  Bench bench;
  bench.begin();
  const uint32_t whole = bench.indices({4}, {1, -2, 3, 4});
  const int64_t n = 1 << 20;
  const uint32_t tenths = bench.input({n}, Numbers(static_cast<size_t>(n), 0.1F));
  const auto values = bench.run({bench.apply("cumulative_sum", {whole}), bench.apply("cumulative_product", {whole}),
                                 bench.apply("cumulative_sum", {tenths})});
  CHECK(values[0] == Numbers{1, -1, 2, 6});
  CHECK(values[1] == Numbers{1, -2, -6, -24});
  CHECK(values[2].back() == static_cast<float>(static_cast<double>(n) * static_cast<double>(0.1F)));
}

TEST_CASE("cumulative: a product's gradients are right at zeros") {
  Bench bench(Mode::evaluate, DType::f64);
  bench.begin();
  const uint32_t x = bench.input({2, 4}, {2, 0, 3, -1, 0.5, 0, 0, 4});
  const uint32_t weights = bench.input({2, 4}, {1, 10, 100, 1000, 1, 2, 3, 4});
  const auto weighted = [&](uint32_t value) { return bench.apply("mul", {value, weights}); };
  const auto first = bench.gradient(weighted(bench.apply("cumulative_product", {x})), {x});
  const auto second = bench.gradient(weighted(first[0]), {x});
  const auto whole = bench.gradient(bench.apply("product", {x}, {std::vector<int64_t>{1}}), {x});
  const auto values = bench.run({first[0], second[0], whole[0]});
  CHECK(values[0] == Numbers{1, -5380, 0, 0, 1, 1, 0, 0});
  CHECK(values[1] == Numbers{-26900, 5817310, -18000, 60000, 4, 30.5, 19, 0});
  CHECK(values[2] == Numbers{0, -6, 0, 0, 0, 0, 0, 0});
}

TEST_CASE("errors: cumulative") {
  CHECK_THROWS_WITH_AS(result("cumulative_sum", {{{2, 3}, ramp(6)}}, {2}),
                       "model.cpp:12: cumulative_sum: axis 2 is outside a tensor of 2 axes", Error);
  CHECK_THROWS_WITH_AS(result("cumulative_product", {{{}, {1}}}),
                       "model.cpp:12: cumulative_product: axis -1 is outside a tensor of 0 axes", Error);
}

}  // namespace atelier::ops::test
