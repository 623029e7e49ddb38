// Forward values and gradients of the functions of ops/mathematics.cpp, as PyTorch 2.13 gives them in float64.
#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "ops_result.hpp"

namespace atelier::ops::test {
namespace {

// With nan and infinities in their places.
void check_same(const Numbers& actual, const Numbers& expected) {
  REQUIRE(actual.size() == expected.size());
  for (size_t i = 0; i < actual.size(); ++i) {
    const bool is_same = std::isfinite(expected[i])
                             ? std::abs(actual[i] - expected[i]) <= 1e-12 * std::max(1.0, std::abs(expected[i]))
                             : (std::isnan(expected[i]) ? std::isnan(actual[i]) : actual[i] == expected[i]);
    CHECK_MESSAGE(is_same, i << ": expected " << expected[i] << ", got " << actual[i]);
  }
}

}  // namespace

TEST_CASE("values: rounding") {
  const Numbers x{-2.5, -1.5, -0.5, 0, 0.5, 1.5, 2.5, 2.6};
  CHECK(result("ceil", {{{8}, x}}) == Numbers{-2, -1, 0, 0, 1, 2, 3, 3});
  CHECK(result("round", {{{8}, x}}) == Numbers{-2, -2, 0, 0, 0, 2, 2, 3});
}

TEST_CASE("values: angles") {
  const Leaf x{{5}, {-0.9, -0.3, 0, 0.4, 1}};
  check_same(result("tan", {x}),
             {-1.2601582175503392, -0.30933624960962325, 0.0, 0.4227932187381618, 1.5574077246549023});
  check_same(result("asin", {x}),
             {-1.1197695149986342, -0.30469265401539747, 0.0, 0.41151684606748806, 1.5707963267948966});
  check_same(result("acos", {x}), {2.6905658417935308, 1.8754889808102941, 1.5707963267948966, 1.1592794807274085, 0});
  check_same(result("atan", {x}),
             {-0.7328151017865066, -0.2914567944778671, 0.0, 0.3805063771123649, 0.7853981633974483});
  check_same(result("sinh", {x}),
             {-1.0265167257081753, -0.3045202934471426, 0.0, 0.4107523258028155, 1.1752011936438014});
  check_same(result("cosh", {x}), {1.4330863854487745, 1.0453385141288605, 1, 1.081072371838455, 1.5430806348152437});
  check_same(result("atan2", {{{5}, {1, -1, 0, -0.0, 2}}, {{5}, {-1, -2, -1, -1, 0}}}),
             {2.356194490192345, -2.677945044588987, 3.141592653589793, -3.141592653589793, 1.5707963267948966});
  check_same(result("asin", {{{2}, {1.5, -2}}}), {nan, nan});
}

TEST_CASE("values: the gamma function's logarithm and its derivatives") {
  const Leaf x{{5}, {0.5, 3, -0.5, -2.3, 10.5}};
  check_same(result("lgamma", {x}),
             {0.5723649429247001, 0.6931471805599453, 1.2655121234846454, 0.36956666345500805, 13.940625219403763});
  check_same(result("digamma", {x}),
             {-1.9635100260214229, 0.922784335098467, 0.03648997397857639, 3.317323157561823, 2.3030010342976865});
}

TEST_CASE("values: a power of a tensor's exponents, and its gradients where a formula has none") {
  Bench bench(Mode::evaluate, DType::f64);
  bench.begin();
  const uint32_t base = bench.input({7}, {2, 0, 0, -2, -8, 0, 3});
  const uint32_t exponent = bench.input({7}, {3, 0, 2, 3, 0.5, -1, 0});
  const uint32_t power = bench.apply("pow", {base, exponent});
  const auto gradients = bench.gradient(power, {base, exponent});
  const auto values = bench.run({power, gradients[0], gradients[1]});
  check_same(values[0], {8, 1, 0, -8, nan, infinity, 1});
  check_same(values[1], {12, 0, 0, 12, nan, -infinity, 0});
  check_same(values[2], {5.545177444479562, 0, 0, nan, nan, -infinity, 1.0986122886681098});
}

TEST_CASE("errors: the third derivative of lgamma is not there") {
  Bench bench;
  bench.begin();
  const uint32_t x = bench.input({2}, {1, 2});
  const uint32_t third = bench.gradient(bench.apply("trigamma", {x}), {x})[0];
  CHECK_THROWS_WITH_AS(bench.run({third}), "model.cpp:12: trigamma/1 has no gradient", Error);
}

}  // namespace atelier::ops::test
