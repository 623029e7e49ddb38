// The loops of convolutions by minimal filtering, for the tables of loops.hpp.
#pragma once

#include <cstdint>

namespace atelier::kernels {

constexpr int64_t winograd_lanes = 8;    // channels are a multiple of it
constexpr int64_t winograd_results = 4;  // rows and columns of a tile of results

// Matrices whose elements are `channels` floats each: those of `from`, row by row, where null stands for zeros, become
// those of `to`, where null is not wanted.
using WinogradTransform = void (*)(const float* const* from, float* const* to, int64_t channels);

// Those of filters of r x r taps, with n = r + 3, as kernels/winograd.hpp has them.
struct WinogradTransforms {
  WinogradTransform image;            // Bᵀ x B, n x n of n x n
  WinogradTransform result;           // Aᵀ y A, 4 x 4 of n x n
  WinogradTransform result_gradient;  // A y Aᵀ, n x n of 4 x 4
  WinogradTransform filter;           // G w Gᵀ, n x n of r x r
  WinogradTransform filter_gradient;  // Gᵀ w G, r x r of n x n
};

struct WinogradTable {
  WinogradTransforms two_taps, three_taps;
};

}  // namespace atelier::kernels
