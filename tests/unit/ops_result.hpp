// One operation's result in tests.
#pragma once

#include <doctest/doctest.h>

#include <cmath>

#include "ops_bench.hpp"

namespace atelier::ops::test {

// One operation on real inputs, in float64.
struct Leaf {
  Shape shape;
  Numbers values;
};

// ((i factor) mod modulus) / 2 - 2, scaled: the numbers that expected values elsewhere were made of.
inline Leaf leaf(const Shape& shape, int64_t factor = 7, int64_t modulus = 11, double scale = 1) {
  Numbers values(static_cast<size_t>(shape.elements()));
  for (size_t i = 0; i < values.size(); ++i) {
    values[i] = (static_cast<double>((static_cast<int64_t>(i) * factor) % modulus) * 0.5 - 2) * scale;
  }
  return {shape, values};
}

inline Numbers result(const std::string& name, const std::vector<Leaf>& leaves, const std::vector<Given>& given = {}) {
  Bench bench(Mode::evaluate, DType::f64);
  bench.begin();
  std::vector<uint32_t> inputs;
  for (const Leaf& leaf : leaves) {
    inputs.push_back(bench.input(leaf.shape, leaf.values));
  }
  const uint32_t out = bench.apply(name, inputs, given);
  return bench.run({out})[0];
}

inline void check_close(const Numbers& actual, const Numbers& expected, double tolerance = 1e-12) {
  REQUIRE(actual.size() == expected.size());
  for (size_t i = 0; i < actual.size(); ++i) {
    CHECK_MESSAGE(std::abs(actual[i] - expected[i]) <= tolerance * std::max(1.0, std::abs(expected[i])),
                  i << ": expected " << expected[i] << ", got " << actual[i]);
  }
}

}  // namespace atelier::ops::test
