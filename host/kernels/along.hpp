// Elements chosen along one axis by indices of a whole tensor's shape: element (i, j, k) of the indices has its place
// (i, index, k) where the axis is the middle one. Indices may be shorter than the tensor on the other axes.
#pragma once

#include <cstdint>
#include <memory>

#include "kernels/kernel.hpp"

namespace atelier::kernels {

// Inputs x and int64 indices; the output has the indices' shape. Of every dtype. An index out of range reads nan (the
// smallest integer for int64).
std::unique_ptr<Kernel> make_gather_along(tensor::DType dtype, const tensor::Shape& x, const tensor::Shape& indices,
                                          size_t axis);

// Inputs base, int64 indices and updates; output: the base with each update added at its index, in the indices' order
// along the axis. Updates may be longer than the indices: what is beyond them is not used. Integers wrap around. An
// index out of range writes nothing. May overwrite the base.
std::unique_ptr<Kernel> make_scatter_add_along(tensor::DType dtype, const tensor::Shape& base,
                                               const tensor::Shape& indices, const tensor::Shape& updates, size_t axis);

}  // namespace atelier::kernels
