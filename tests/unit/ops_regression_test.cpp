// Structures that once were planned or read wrongly: one value given twice, a value beside its own reshape, many reads.
#include <doctest/doctest.h>

#include <cmath>

#include "ops_bench.hpp"

using namespace atelier;
using namespace atelier::ops::test;

namespace {

using Axes = std::vector<int64_t>;

// The same recording, planned with its fusions and with every value kept.
template <typename Body>
void fused_and_unfused(const Body& body) {
  for (const bool every_value : {false, true}) {
    CAPTURE(every_value);
    Bench bench;
    record::Observation observation;
    observation.every_value = every_value;
    bench.begin(0, 0, 7, observation);
    body(bench);
  }
}

}  // namespace

TEST_CASE("an operation may be given one value twice") {
  fused_and_unfused([](Bench& bench) {
    const uint32_t x = bench.apply("relu", {bench.input({2, 2}, {1, 2, 3, 4})});
    const uint32_t rows = bench.apply("concatenate", {x, x}, {0});
    const uint32_t columns = bench.apply("concatenate", {x, x, x}, {1});
    const uint32_t product = bench.apply("matmul", {x, x});
    const auto results = bench.run({rows, columns, product});
    CHECK(results[0] == Numbers{1, 2, 3, 4, 1, 2, 3, 4});
    CHECK(results[1] == Numbers{1, 2, 1, 2, 1, 2, 3, 4, 3, 4, 3, 4});
    CHECK(results[2] == Numbers{7, 10, 15, 22});
  });
  fused_and_unfused([](Bench& bench) {  // straight from a leaf, with another leaf beside it
    const uint32_t x = bench.input({2}, {1, 2});
    const uint32_t other = bench.input({2}, {7, 8});
    const auto results = bench.run({bench.apply("concatenate", {x, x}, {0}), bench.apply("sum", {other})});
    CHECK(results[0] == Numbers{1, 2, 1, 2});
    CHECK(results[1] == Numbers{15});
  });
}

TEST_CASE("the gradient of an operation that is given one value twice") {
  Bench bench;
  bench.begin();
  const uint32_t x = bench.input({2, 2}, {1, 2, 3, 4});
  const uint32_t of_product = bench.gradient(bench.apply("sum", {bench.apply("matmul", {x, x})}), {x})[0];
  const uint32_t weights = bench.input({4, 2}, ramp(8));
  const uint32_t twice = bench.apply("mul", {bench.apply("concatenate", {x, x}, {0}), weights});
  const uint32_t of_rows = bench.gradient(bench.apply("sum", {twice}), {x})[0];
  const auto results = bench.run({of_product, of_rows});
  CHECK(results[0] == Numbers{7, 11, 9, 13});  // d/dx_ij: the sum of row j and the sum of column i
  CHECK(results[1] == Numbers{4, 6, 8, 10});
}

TEST_CASE("a parameter may be assigned its own value") {
  Bench bench(Mode::train);
  const uint32_t state = bench.parameter({2}, {1, 2});
  const uint32_t other = bench.parameter({2}, {5, 6});
  for (int64_t step = 0; step < 3; ++step) {
    bench.begin(step);
    bench.assign(state, bench.use(state));
    const uint32_t sum = bench.apply("sum", {bench.input({2}, {7, 8})});
    CHECK(bench.run({sum})[0] == Numbers{15});
    CHECK(bench.value(state) == Numbers{1, 2});
    CHECK(bench.value(other) == Numbers{5, 6});
  }
}

TEST_CASE("a value meets a detached or reshaped copy of itself") {
  fused_and_unfused([](Bench& bench) {  // the straight-through estimator, z + (q - z).detach()
    const uint32_t z = bench.apply("relu", {bench.input({4}, {-1, 0.5, 1.5, 2.75})});
    const uint32_t rest = bench.apply("detach", {bench.apply("sub", {bench.apply("floor", {z}), z})});
    const uint32_t y = bench.apply("add", {z, rest});
    const uint32_t slope = bench.gradient(bench.apply("sum", {y}), {z})[0];
    const auto results = bench.run({y, slope});
    CHECK(results[0] == Numbers{0, 0, 1, 2});
    CHECK(results[1] == Numbers{1, 1, 1, 1});
  });
  fused_and_unfused([](Bench& bench) {
    const uint32_t z = bench.apply("relu", {bench.input({4}, {-1, 0.5, 1.5, 2.75})});
    const uint32_t rest = bench.apply("reshape", {bench.apply("sub", {bench.apply("floor", {z}), z})}, {Axes{4}});
    CHECK(bench.run({bench.apply("add", {z, rest})})[0] == Numbers{0, 0, 1, 2});
  });
  fused_and_unfused([](Bench& bench) {
    const uint32_t x = bench.apply("exp", {bench.input({4, 4}, ramp(16, -1, 0.25))});
    CHECK(bench.run({bench.apply("sub", {x, bench.apply("detach", {x})})})[0] == Numbers(16, 0.0));
  });
  fused_and_unfused([](Bench& bench) {
    const uint32_t t = bench.apply("tanh", {bench.input({4, 4}, ramp(16, -1, 0.25))});
    const auto results = bench.run({bench.apply("add", {t, bench.apply("reshape", {t}, {Axes{4, 4}})}), t});
    for (size_t i = 0; i < 16; ++i) {
      CHECK(results[0][i] == 2 * results[1][i]);
    }
  });
  fused_and_unfused([](Bench& bench) {  // the result of a product, whose kernel could finish the sum
    const uint32_t x = bench.input({4, 4}, ramp(16, -1, 0.25));
    const uint32_t product = bench.apply("matmul", {x, x});
    const auto results = bench.run({bench.apply("add", {product, bench.apply("detach", {product})}), product});
    for (size_t i = 0; i < 16; ++i) {
      CHECK(results[0][i] == 2 * results[1][i]);
    }
  });
  fused_and_unfused([](Bench& bench) {  // the argument and the result of one function, both again
    const uint32_t square = bench.apply("square", {bench.input({4}, {0, 0.5, 1, 2})});
    const uint32_t sine = bench.apply("sin", {square});
    const uint32_t rest = bench.apply("detach", {bench.apply("sub", {square, sine})});
    const auto result = bench.run({bench.apply("add", {sine, rest})})[0];
    for (const size_t i : {0, 1, 2, 3}) {
      CHECK(result[i] == doctest::Approx(Numbers{0, 0.25, 1, 4}[i]));
    }
  });
}

TEST_CASE("a training step may read very often, and computes the same") {
  constexpr int reads = 140;
  const auto train = [](bool reading) {
    Bench bench(Mode::train);
    const uint32_t weight = bench.parameter({2}, {1, 2}, 0);
    for (int64_t step = 0; step < 2; ++step) {
      bench.begin(step);
      uint32_t x = bench.use(weight);
      Numbers expected = bench.value(weight);
      for (int i = 0; i < reads; ++i) {
        x = bench.apply("add", {x, bench.apply("mul", {bench.apply("sin", {x}), bench.apply("scalar", {}, {0.01})})});
        for (double& value : expected) {
          value += 0.01 * std::sin(value);
        }
        if (reading) {
          Numbers values(2);
          bench.session().read(x, values.data(), values.size(), {"model.cpp", 2});
          CHECK(values[0] == doctest::Approx(expected[0]).epsilon(1e-4));
          CHECK(values[1] == doctest::Approx(expected[1]).epsilon(1e-4));
        }
      }
      bench.minimize(0, bench.apply("sum", {x}), 0.1);
      bench.run();
    }
    return bench.value(weight);
  };
  const Numbers without = train(false);
  CHECK(without[0] < 0.95);  // the gradient went all the way
  CHECK(train(true) == without);
}
