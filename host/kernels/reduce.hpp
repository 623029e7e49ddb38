// Reductions along one axis: (outer, reduced, inner) -> (outer, inner), row-major.
#pragma once

#include <cstdint>
#include <memory>

#include "kernels/kernel.hpp"

namespace atelier::kernels {

enum class Reduction : uint8_t {
  sum,
  max,
  min,
  argmax,  // of the first extreme, as int64
  argmin,
  product,
};

// dtype is the input's, f32 or f64. The sum of nothing is 0, its product 1, its maximum -inf, its minimum inf; argmax
// and argmin of nothing throw Error(shape). A nan among the elements is the result, and counts as the extreme.
//
// Sums and products meet in a fixed tree of short runs, so that their error grows with the logarithm of the length.
// Their bits are a function of the row's elements and of (reduced, inner): with inner == 1, a row has the same bits
// wherever it lies in a batch of any size.
std::unique_ptr<Kernel> make_reduce(Reduction reduction, tensor::DType dtype, int64_t outer, int64_t reduced,
                                    int64_t inner);

}  // namespace atelier::kernels
