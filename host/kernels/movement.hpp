// Kernels that move, choose and convert elements without computing on them. All are row-major, for every dtype unless
// said.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "kernels/kernel.hpp"

namespace atelier::kernels {

std::unique_ptr<Kernel> make_copy(tensor::DType dtype, int64_t elements);

// Every element becomes the value: `real` of the operand for f32 and f64, `integer` for i64.
std::unique_ptr<Kernel> make_fill(tensor::DType dtype, int64_t elements, const OperandReference& value);

// To i64: towards zero, held inside the range of int64; nan becomes 0.
std::unique_ptr<Kernel> make_cast(tensor::DType from, tensor::DType to, int64_t elements);

// Output axis i is input axis axes[i].
std::unique_ptr<Kernel> make_permute(tensor::DType dtype, const tensor::Shape& shape, const std::vector<int>& axes);

// output[i, j, ...] = input[starts[0] + i * steps[0], ...]. Starts are read when the kernel runs, as integers, and are
// held inside the range where the block fits; steps are at least 1. Throws Error(shape) where the output does not fit.
std::unique_ptr<Kernel> make_strided_copy(tensor::DType dtype, const tensor::Shape& input, const tensor::Shape& output,
                                          const std::vector<OperandReference>& starts,
                                          const std::vector<int64_t>& steps);

// Inputs base and block; output: base with the block at the starts, which are treated as above. May overwrite the base.
std::unique_ptr<Kernel> make_update_slice(tensor::DType dtype, const tensor::Shape& base, const tensor::Shape& block,
                                          const std::vector<OperandReference>& starts);

// Joins inputs (outer, lengths[i], inner) to (outer, sum of lengths, inner).
std::unique_ptr<Kernel> make_concatenate(tensor::DType dtype, int64_t outer, const std::vector<int64_t>& lengths,
                                         int64_t inner);

// Zeros around: low[i] before and high[i] after axis i, none negative.
std::unique_ptr<Kernel> make_pad(tensor::DType dtype, const tensor::Shape& shape, const std::vector<int64_t>& low,
                                 const std::vector<int64_t>& high);

// Below, indices are int64. An index out of its range reads nan (the smallest integer for i64), and writes nothing.

// Inputs table (rows, width) and indices (count); output (count, width).
std::unique_ptr<Kernel> make_gather(tensor::DType dtype, int64_t rows, int64_t width, int64_t count);

// Inputs indices (count) and updates (count, width); output (rows, width): for each row, the sum of its updates in
// their order.
std::unique_ptr<Kernel> make_scatter_add(tensor::DType dtype, int64_t rows, int64_t width, int64_t count);

// Input indices (count); output (count, classes): 1 at the index of each row, else 0; all nan for an index out of
// range.
std::unique_ptr<Kernel> make_one_hot(tensor::DType dtype, int64_t count, int64_t classes);

// Inputs (count, width) and indices (count); output (count): the element at the index of each row.
std::unique_ptr<Kernel> make_take_along(tensor::DType dtype, int64_t count, int64_t width);

// Its transpose. Inputs values (count) and indices (count); output (count, width): the value at the index of each row,
// else 0.
std::unique_ptr<Kernel> make_put_along(tensor::DType dtype, int64_t count, int64_t width);

}  // namespace atelier::kernels
