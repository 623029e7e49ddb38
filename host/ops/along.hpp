// Choosing along an axis, for the gradients of what chooses.
#pragma once

#include "ops/declare.hpp"

namespace atelier::ops {

Value gather_along(Value x, Value indices, int64_t axis);
Value scatter_add_along(Value base, Value indices, Value updates, int64_t axis);

}  // namespace atelier::ops
