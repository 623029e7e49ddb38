// Numbers of 16 bits with float32's range and 8 bits of precision, which products can read at twice the rate where the
// processor has instructions for them (Kalamkar et al. 2019, "A study of bfloat16 for deep learning training"). What is
// multiplied is rounded, to the nearest, ties to even; sums are float32's.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "kernels/kernel.hpp"

namespace atelier::kernels {

// How the products and convolutions of a step read their inputs.
enum class Precision : uint8_t {
  float32,
  bfloat16,
  emulated_bfloat16,  // rounded as bfloat16, and multiplied as float32: the same sums, in another order
};

// What multiplies them here: "avx512_bf16", "amx_bf16", or "" where the processor (or oneDNN) has nothing that does.
std::string_view bfloat16_instructions();

std::unique_ptr<Kernel> make_to_bfloat16(int64_t elements);          // f32 -> bf16
std::unique_ptr<Kernel> make_rounded_to_bfloat16(int64_t elements);  // f32 -> f32, of the same values

}  // namespace atelier::kernels
