// Elements in order along the middle axis of (outer, length, inner).
#pragma once

#include <cstdint>
#include <memory>

#include "kernels/kernel.hpp"

namespace atelier::kernels {

struct SortShape {
  int64_t outer = 1, length = 1, inner = 1;
  int64_t kept = 1;  // the first ones of each run, at most its length
};

// One input of `dtype`; outputs: the values (outer, kept, inner) in order, and their places along the axis as int64.
// Equal values, 0 and -0 among them, stay in the order of their places. nan comes last in either order.
std::unique_ptr<Kernel> make_sort(tensor::DType dtype, const SortShape& shape, bool descending);

}  // namespace atelier::kernels
