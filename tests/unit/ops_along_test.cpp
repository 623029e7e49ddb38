// Choosing and adding along an axis, as PyTorch's gather and scatter_add do.
#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "ops_bench.hpp"

namespace atelier::ops::test {
namespace {

constexpr double smallest_of_int64 = static_cast<double>(std::numeric_limits<int64_t>::min());

std::string message_along(const std::string& name, const std::vector<Shape>& shapes, int axis) {
  Bench bench;
  bench.begin();
  std::vector<uint32_t> inputs;
  for (size_t i = 0; i < shapes.size(); ++i) {
    const Numbers zeros(static_cast<size_t>(shapes[i].elements()), 0.0);
    inputs.push_back(i == 1 ? bench.indices(shapes[i], zeros) : bench.input(shapes[i], zeros));
  }
  try {
    bench.apply(name, inputs, {axis});
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace

TEST_CASE("along: elements at their indices, of real numbers and of int64") {
  for (const bool real : {true, false}) {
    Bench bench;
    bench.begin();
    const uint32_t x = real ? bench.input({2, 4, 3}, ramp(24)) : bench.indices({2, 4, 3}, ramp(24));
    const auto values =
        bench.run({bench.apply("gather_along", {x, bench.indices({1, 2, 3}, {0, 2, 1, 3, 3, 0})}, {1}),
                   bench.apply("gather_along", {x, bench.indices({1, 2, 4}, {2, 2, 0, 1, 0, 0, 0, 0})}, {-1}),
                   bench.apply("gather_along", {x, bench.indices({3, 1, 2}, {1, 0, 2, 1, -1, 0})}, {0})});
    CHECK(values[0] == Numbers{0, 7, 5, 9, 10, 2});
    CHECK(values[1] == Numbers{2, 2, 0, 1, 3, 3, 3, 3});
    CHECK(values[2][0] == 12);
    CHECK(values[2][1] == 1);
    CHECK(values[2][3] == 13);
    for (const size_t outside : {2, 4}) {  // 2 and -1 of two
      CHECK((real ? std::isnan(values[2][outside]) : values[2][outside] == smallest_of_int64));
    }
  }
}

TEST_CASE("along: updates are added at their indices, in their order, and those out of range nowhere") {
  for (const bool real : {true, false}) {
    Bench bench;
    bench.begin();
    const auto of = [&](const Shape& shape, const Numbers& numbers) {
      return real ? bench.input(shape, numbers) : bench.indices(shape, numbers);
    };
    const uint32_t ones = of({2, 3}, Numbers(6, 1.0));
    const auto values = bench.run(
        {bench.apply("scatter_add_along", {ones, bench.indices({3, 2}, {0, 1, 0, 0, 1, 1}), of({4, 3}, ramp(12))}, {0}),
         bench.apply("scatter_add_along", {ones, bench.indices({1, 4}, {2, 2, 0, 2}), of({2, 4}, ramp(8))}, {1}),
         bench.apply("scatter_add_along", {ones, bench.indices({1, 2}, {3, -1}), of({1, 2}, {5, 5})}, {1})});
    CHECK(values[0] == Numbers{4, 5, 1, 7, 9, 1});
    CHECK(values[1] == Numbers{3, 1, 5, 1, 1, 1});
    CHECK(values[2] == Numbers(6, 1.0));
  }
  Bench bench;  // in float32, another order would give another sum
  bench.begin();
  const uint32_t updates = bench.input({4}, {1e8, 1, -1e8, 1});
  const uint32_t sums =
      bench.apply("scatter_add_along", {bench.input({1}, {0}), bench.indices({4}, {0, 0, 0, 0}), updates}, {0});
  CHECK(bench.run({sums})[0] == Numbers{1});
}

TEST_CASE("errors: along") {
  CHECK(message_along("gather_along", {{2, 3}, {2}}, 0) ==
        "model.cpp:12: gather_along: got x of (2, 3) and indices of (2), expected indices of as many axes, none longer "
        "but axis 0");
  CHECK(message_along("gather_along", {{2, 3}, {3, 3}}, 1) ==
        "model.cpp:12: gather_along: got x of (2, 3) and indices of (3, 3), expected indices of as many axes, none "
        "longer but axis 1");
  CHECK(message_along("gather_along", {{}, {}}, 0) ==
        "model.cpp:12: gather_along: axis 0 is outside a tensor of 0 axes");
  CHECK(message_along("scatter_add_along", {{2, 3}, {2, 4}, {2, 3}}, 1) ==
        "model.cpp:12: scatter_add_along: got updates of float32 (2, 3) for a base of float32 (2, 3) and indices of "
        "(2, 4), expected updates of the base's type, none of their axes shorter than the indices'");
}

}  // namespace atelier::ops::test
