// Patches under a convolution's kernel, gathered as the rows of a matrix, and spread out again. Images are
// channels-last; only one group's channels are looked at.
#pragma once

#include "kernels/convolution.hpp"

namespace atelier::kernels {

// Rows of the result image, counted over the whole batch: row b out_height + oy.
struct RowRange {
  int64_t first = 0;
  int64_t last = 0;
};

// patches ((last - first) out_width, Kh, Kw, C / groups) from the batch x (B, H, W, C).
template <typename T>
void gather_patches(const ConvolutionSpec& spec, int64_t group, RowRange rows, const T* x, T* patches);

// The transpose, for one image: adds patches (out_height out_width, Kh, Kw, C / groups) to its (H, W, C), in a fixed
// order.
template <typename T>
void spread_patches(const ConvolutionSpec& spec, int64_t group, const T* patches, T* image);

// Taps of the kernel in the order ky Kw + kx, and channels of a group.
struct TapRange {
  int64_t first_tap = 0;
  int64_t last_tap = 0;
  int64_t first_channel = 0;  // of the group
  int64_t channels = 0;
};

// What some taps meet, ((last - first) out_width, taps, channels).
template <typename T>
void gather_taps(const ConvolutionSpec& spec, int64_t group, const TapRange& taps, RowRange rows, const T* x, T* out);

}  // namespace atelier::kernels
