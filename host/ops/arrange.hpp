// What stands along one axis, put in another order: picked, repeated, left out, or filled in. Flips, rolls, tiles,
// borders, strided slices and the patches of convolutions are all made of it.
#pragma once

#include "ops/functions.hpp"

namespace atelier::ops {

// `count` places along an axis: the first, and those `step` apart.
struct Places {
  int64_t first = 0;
  int64_t step = 1;
  int64_t count = 0;
};
inline Places filled(int64_t count) {  // none: there the result has the fill
  return {-1, 0, count};
}

// x's rows along `axis`, in this order. Gradients flow back to where they came from, and are added up there.
Value arrange(Value x, int64_t axis, const std::vector<Places>& places, double fill = 0);
// The transpose: adds the rows of x up where `arrange` would have picked them of `length`.
Value arrange_transpose(Value x, int64_t axis, const std::vector<Places>& places, int64_t length);

// Any number of tensors side by side.
Value join(std::vector<Value> parts, int64_t axis);

}  // namespace atelier::ops
