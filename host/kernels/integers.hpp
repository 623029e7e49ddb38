// Functions of int64 elements. Sums, differences and products wrap around, as two's complement does.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "kernels/kernel.hpp"

namespace atelier::kernels {

// Inputs broadcast to `shape`, as the output is. By name:
//   neg abs sign square identity; add sub mul floor_divide remainder maximum minimum;
//   less less_equal greater greater_equal equal not_equal, whose output is real (1 or 0);
//   select (mask, a, b: mask != 0 ? a : b), whose mask may be real.
// floor_divide rounds down, and remainder has the sign of the divisor; divided by 0 both give the smallest integer, as
// an index out of range reads. Throws Error(internal) for a name that does not exist.
std::unique_ptr<Kernel> make_integers(std::string_view function, std::span<const Buffer> inputs, const Buffer& output);

// start, start + step, ...
std::unique_ptr<Kernel> make_arange(int64_t length, const OperandReference& start, const OperandReference& step);

}  // namespace atelier::kernels
