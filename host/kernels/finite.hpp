// Whether numbers are finite, as fast as they can be read.
#pragma once

#include <cstdint>

#include "tensor/shape.hpp"

namespace atelier::kernels {

// True where none of x[0..count) is infinite or not a number; integers always are finite.
bool all_finite(const void* x, tensor::DType dtype, int64_t count);

}  // namespace atelier::kernels
