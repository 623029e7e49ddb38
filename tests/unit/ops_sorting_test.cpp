// Orders along an axis, and the gradients that follow the elements back, as PyTorch's stable sort and topk give them;
// but for nan, which is last in either order.
#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "ops_bench.hpp"

namespace atelier::ops::test {
namespace {

// Values and places.
std::vector<Numbers> both(Bench& bench, const std::string& name, uint32_t x, const std::vector<Given>& given) {
  const uint32_t first = bench.apply(name, {x}, given);
  return bench.run({first, first + 1});
}

}  // namespace

TEST_CASE("sorting: upwards and downwards, equal ones in the order of their places") {
  for (const bool real : {true, false}) {
    const Numbers x{3, 1, 3, -2, 1, 0, 7, -2, 5, 5, 5, 5};
    const auto sorted = [&](const std::string& name, const std::vector<Given>& given) {
      Bench bench;
      bench.begin();
      return both(bench, name, real ? bench.input({2, 6}, x) : bench.indices({2, 6}, x), given);
    };
    auto found = sorted("sort", {});
    CHECK(found[0] == Numbers{-2, 0, 1, 1, 3, 3, -2, 5, 5, 5, 5, 7});
    CHECK(found[1] == Numbers{3, 5, 1, 4, 0, 2, 1, 2, 3, 4, 5, 0});
    found = sorted("sort", {1, 1});
    CHECK(found[0] == Numbers{3, 3, 1, 1, 0, -2, 7, 5, 5, 5, 5, -2});
    CHECK(found[1] == Numbers{0, 2, 1, 4, 5, 3, 0, 2, 3, 4, 5, 1});
    found = sorted("sort", {0});
    CHECK(found[0] == Numbers{3, -2, 3, -2, 1, 0, 7, 1, 5, 5, 5, 5});
    CHECK(found[1] == Numbers{0, 1, 0, 0, 0, 0, 1, 0, 1, 1, 1, 1});
    found = sorted("top_k", {3});
    CHECK(found[0] == Numbers{3, 3, 1, 7, 5, 5});
    CHECK(found[1] == Numbers{0, 2, 1, 0, 2, 3});
    found = sorted("top_k", {2, 1, 1});
    CHECK(found[0] == Numbers{-2, 0, -2, 5});
    CHECK(found[1] == Numbers{3, 5, 1, 2});
  }
}

TEST_CASE("sorting: nan comes last in either order, and zeros are equal") {
  for (const int descending : {0, 1}) {
    Bench bench;
    bench.begin();
    const auto found = both(bench, "sort", bench.input({6}, {nan, 0, 1, -0.0, nan, -1}), {0, descending});
    CHECK(found[1] == (descending != 0 ? Numbers{2, 1, 3, 5, 0, 4} : Numbers{5, 1, 3, 2, 0, 4}));
    CHECK(std::isnan(found[0][4]));
    CHECK(std::isnan(found[0][5]));
  }
}

TEST_CASE("sorting: argsort's places, and no element at all") {
  Bench bench;
  bench.begin();
  const auto values = bench.run({bench.apply("argsort", {bench.input({3}, {2, 3, 1})}),
                                 bench.apply("argsort", {bench.input({3}, {2, 3, 1})}, {0, 1}),
                                 bench.apply("sort", {bench.input({0, 2}, {})}, {0}),
                                 bench.apply("top_k", {bench.input({2, 2}, ramp(4))}, {0})});
  CHECK(values[0] == Numbers{2, 0, 1});
  CHECK(values[1] == Numbers{1, 0, 2});
  CHECK(values[2].empty());
  CHECK(values[3].empty());
  // However many runs without an element there are, there is nothing to do for them.
  bench.begin();
  const uint32_t none = bench.apply("broadcast_to", {bench.input({1, 0}, {})}, {std::vector<int64_t>{1LL << 40, 0}});
  const uint32_t indices = bench.apply("argsort", {none});
  const uint32_t sums = bench.apply("cumulative_sum", {none});
  CHECK(bench.run({indices, sums, bench.apply("scatter_add_along", {none, indices, sums}, {1})})[2].empty());
}

TEST_CASE("sorting: the gradient goes back to where the elements came from") {
  Bench bench;
  bench.begin();
  const uint32_t x = bench.input({4}, {3, 1, 4, 2});
  const uint32_t weights = bench.input({4}, {1, 10, 100, 1000});
  const uint32_t sorted = bench.apply("sort", {x}, {0});
  const uint32_t top = bench.apply("top_k", {x}, {2});
  const uint32_t two = bench.input({2}, {5, 7});
  const auto of_sort = bench.gradient(bench.apply("mul", {sorted, weights}), {x});
  const auto of_top = bench.gradient(bench.apply("mul", {top, two}), {x});
  const auto values = bench.run({of_sort[0], of_top[0]});
  CHECK(values[0] == Numbers{100, 1, 1000, 10});
  CHECK(values[1] == Numbers{7, 0, 5, 0});
}

TEST_CASE("errors: sorting") {
  const auto message = [](const std::string& name, const Shape& shape, const std::vector<Given>& given) -> std::string {
    Bench bench;
    bench.begin();
    try {
      bench.apply(name, {bench.input(shape, Numbers(static_cast<size_t>(shape.elements())))}, given);
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  };
  CHECK(message("sort", {2, 3}, {2}) == "model.cpp:12: sort: axis 2 is outside a tensor of 2 axes");
  CHECK(message("argsort", {}, {0}) == "model.cpp:12: argsort: axis 0 is outside a tensor of 0 axes");
  CHECK(message("top_k", {2, 3}, {4}) == "model.cpp:12: top_k: got a k of 4 along axis 1 of (2, 3), expected 0 to 3");
  CHECK(message("top_k", {2, 3}, {-1}) == "model.cpp:12: top_k: got a k of -1 along axis 1 of (2, 3), expected 0 to 3");
}

}  // namespace atelier::ops::test
