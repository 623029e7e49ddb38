// What an author reads when an operation refuses what it is given, in tests.
#pragma once

#include <doctest/doctest.h>

#include "ops_bench.hpp"

namespace atelier::ops::test {

// The message of an operation on zeros of these shapes; the last `index_inputs` of them are indices.
inline std::string message(const std::string& name, const std::vector<Shape>& shapes,
                           const std::vector<Given>& given = {}, size_t index_inputs = 0) {
  Bench bench;
  bench.begin();
  std::vector<uint32_t> inputs;
  for (size_t i = 0; i < shapes.size(); ++i) {
    const Numbers zeros(static_cast<size_t>(shapes[i].elements()), 0.0);
    inputs.push_back(i + index_inputs < shapes.size() ? bench.input(shapes[i], zeros)
                                                      : bench.indices(shapes[i], zeros));
  }
  try {
    bench.apply(name, inputs, given);
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::shape);
    return error.what();
  }
  return "no error";
}

}  // namespace atelier::ops::test
