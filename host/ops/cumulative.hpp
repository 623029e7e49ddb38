// What accumulates along an axis, for gradients.
#pragma once

#include "ops/declare.hpp"

namespace atelier::ops {

struct Direction {
  int64_t axis = 0;
  bool reverse = false;

  [[nodiscard]] Direction back() const { return {axis, !reverse}; }
};

// Of what comes before each element, without itself.
Value exclusive_product(Value x, Direction direction);

}  // namespace atelier::ops
