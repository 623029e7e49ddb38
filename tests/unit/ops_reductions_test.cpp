// Reductions made of others, as PyTorch 2.13 gives them.
#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "ops_result.hpp"

namespace atelier::ops::test {
TEST_CASE("reductions: products over any axes") {
  const Leaf x{{2, 3, 2}, {1, 2, 3, 4, 5, 6, -1, 1, 2, 0.5, 1, 3}};
  CHECK(result("product", {x}) == Numbers{-2160});
  CHECK(result("product", {x}, {List{1}}) == Numbers{15, 48, -2, 1.5});
  CHECK(result("product", {x}, {List{0, -1}, 1}) == Numbers{-2, 12, 90});
  CHECK(result("product", {{{0, 2}, {}}}, {List{0}}) == Numbers{1, 1});
  CHECK(result("product", {{{}, {5}}}) == Numbers{5});
}

TEST_CASE("reductions: variances and standard deviations") {
  const Leaf x{{2, 3}, {1, 2, 3, 4, 5, 9}};
  check_close(result("variance", {x}, {List{1}, 0, 0.0}), {0.6666666666666666, 4.666666666666667});
  check_close(result("variance", {x}, {List{1}}), {1, 7});
  check_close(result("variance", {x}, {List{0}, 1}), {4.5, 4.5, 18});
  check_close(result("standard_deviation", {x}, {List{}, 0, 0.0}), {2.581988897471611});
  check_close(result("standard_deviation", {x}), {2.8284271247461903});
  CHECK(std::isnan(result("variance", {{{1}, {3}}})[0]));
  CHECK(std::isnan(result("variance", {{{0}, {}}}, {List{}, 0, 0.0})[0]));
  CHECK(result("variance", {{{2}, {1, 2}}}, {List{}, 0, 3.0})[0] == infinity);
  check_close(result("variance", {{{3}, {1e8, 1e8 + 1, 1e8 + 2}}}), {1});
}

TEST_CASE("reductions: the gradient of a standard deviation of 0 is 0") {
  Bench bench;
  bench.begin();
  const uint32_t x = bench.input({3}, {2, 2, 2});
  const uint32_t deviation = bench.apply("standard_deviation", {x});
  const auto values = bench.run({deviation, bench.gradient(deviation, {x})[0]});
  CHECK(values[0] == Numbers{0});
  CHECK(values[1] == Numbers{0, 0, 0});
}

TEST_CASE("reductions: logsumexp holds for large and for infinite numbers") {
  const Leaf x{{4, 2}, {1000, 1000, -infinity, -infinity, infinity, 1, -1000, -1001}};
  const Numbers found = result("logsumexp", {x}, {List{1}});
  check_close({found[0], found[3]}, {1000.6931471805599, -999.6867383124818});
  CHECK(found[1] == -infinity);
  CHECK(found[2] == infinity);
  check_close(result("logsumexp", {{{2, 2}, {0, 0, 0, 0}}}, {List{}, 1}), {std::log(4)});
  CHECK(std::isnan(result("logsumexp", {{{2}, {std::nan(""), 1}}})[0]));
  CHECK(result("logsumexp", {{{0}, {}}})[0] == -infinity);
}

TEST_CASE("errors: reductions made of others") {
  CHECK_THROWS_WITH_AS(result("logsumexp", {{{2, 3}, ramp(6)}}, {List{2}}),
                       "model.cpp:12: logsumexp: axis 2 is outside a tensor of 2 axes", Error);
  CHECK_THROWS_WITH_AS(result("variance", {{{2, 3}, ramp(6)}}, {List{1, -1}}),
                       "model.cpp:12: variance: got the axes (1, -1), expected each at most once", Error);
}

}  // namespace atelier::ops::test
