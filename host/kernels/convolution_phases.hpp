// The data gradient of a convolution with strides sy, sx, of float32 and without groups, as sy sx convolutions of dy
// without any: one for each phase (py, px), the pixels of dx at (sy a + py, sx b + px), which meets every sy-th row and
// every sx-th column of the kernel. Along one axis, with r = (p + pad) mod s, q = (p + pad - r) / s and the taps
// k = r + s t, t < T:
//   dx(s a + p) = sum over t of w(r + s t) dy(a + q - t),
// which is a convolution with the T taps in reverse, behind T - 1 - q rows of zeros.
#pragma once

#include <vector>

#include "kernels/convolution.hpp"

namespace atelier::kernels {

struct AxisPhase {
  int64_t offset;     // p
  int64_t first_tap;  // r
  int64_t taps;       // T
  int64_t pad;        // T - 1 - q, which may be negative
  int64_t length;     // pixels of dx
};

struct GradientPhase {
  AxisPhase y, x;
  ConvolutionSpec spec;  // from dy to the phase's pixels
  int64_t first_weight;  // in the packed weights

  [[nodiscard]] int64_t weights() const { return spec.weight_elements(); }
};

// All of them, also those without pixels, whose weights are packed, too.
std::vector<GradientPhase> gradient_phases(const ConvolutionSpec& spec);

}  // namespace atelier::kernels
