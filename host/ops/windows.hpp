// Windows that slide over the axes of signals (B, C, L), images (B, C, H, W) and volumes (B, C, D, H, W): what rules
// ask of them, and which places they see.
#pragma once

#include "ops/arrange.hpp"

namespace atelier::ops {

// One number for each axis that they slide over; of paddings two, before and after it.
struct Windows {
  Axes kernel, stride, padding, dilation;

  [[nodiscard]] size_t axes() const { return kernel.size(); }
  [[nodiscard]] int64_t reach(size_t axis) const { return dilation[axis] * (kernel[axis] - 1) + 1; }
  [[nodiscard]] int64_t padded(size_t axis, int64_t length) const {
    return length + padding[2 * axis] + padding[2 * axis + 1];
  }
  [[nodiscard]] int64_t count(size_t axis, int64_t length) const {
    return (padded(axis, length) - reach(axis)) / stride[axis] + 1;
  }
  // What a transposed convolution makes of `length` places.
  [[nodiscard]] int64_t transposed(size_t axis, int64_t length) const {
    return (length - 1) * stride[axis] - padding[2 * axis] - padding[2 * axis + 1] + reach(axis);
  }
  // Where the windows over an axis of `length` look, one window after the other; outside there is the fill.
  [[nodiscard]] std::vector<Places> places(size_t axis, int64_t length) const;
  // The same, one tap of the kernel after the other: where it looks in all the windows.
  [[nodiscard]] std::vector<Places> places_by_tap(size_t axis, int64_t length) const;
};

// That the numbers are such, as many as axes.
void require_windows(const Inference& in, const Windows& windows, size_t axes);
// That a window fits into what `x` (B, C, ...) has with its padding; gives how many windows there are along each axis.
// `what` is what x is called in the error: "signal", "image" or "volume".
Axes require_room(const Inference& in, const Windows& windows, const Shape& x, std::string_view what);

}  // namespace atelier::ops
