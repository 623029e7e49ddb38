#include "ops/windows.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace atelier::ops {

namespace {

// `count` places from `first` on, `step` apart, of an axis of `length`; the fill for those outside of it.
void add_clipped(std::vector<Places>& out, int64_t first, int64_t step, int64_t count, int64_t length) {
  const auto below = [&](int64_t place) { return std::clamp<int64_t>((place - first + step - 1) / step, 0, count); };
  const int64_t before = first < 0 ? below(0) : 0;
  const int64_t end = std::max(before, first < length ? below(length) : 0);
  out.push_back(filled(before));
  out.push_back({.first = first + before * step, .step = step, .count = end - before});
  out.push_back(filled(count - end));
}

}  // namespace

std::vector<Places> Windows::places(size_t axis, int64_t length) const {
  const int64_t low = padding[2 * axis];
  if (kernel[axis] == 1 && low == 0 && padding[2 * axis + 1] == 0) {
    return {{.first = 0, .step = stride[axis], .count = count(axis, length)}};
  }
  std::vector<Places> out;
  for (int64_t window = 0; window < count(axis, length); ++window) {
    add_clipped(out, window * stride[axis] - low, dilation[axis], kernel[axis], length);
  }
  return out;
}

std::vector<Places> Windows::places_by_tap(size_t axis, int64_t length) const {
  std::vector<Places> out;
  for (int64_t tap = 0; tap < kernel[axis]; ++tap) {
    add_clipped(out, tap * dilation[axis] - padding[2 * axis], stride[axis], count(axis, length), length);
  }
  return out;
}

void require_windows(const Inference& in, const Windows& windows, size_t axes) {
  require_list(in, "kernel", windows.kernel, axes, 1);
  require_list(in, "stride", windows.stride, axes, 1);
  require_list(in, "padding", windows.padding, 2 * axes, 0);
  require_list(in, "dilation", windows.dilation, axes, 1);
  constexpr int64_t most = int64_t{1} << 20U;  // so that what they are multiplied with stays a number
  for (const Axes& list : {windows.kernel, windows.stride, windows.padding, windows.dilation}) {
    in.require(std::ranges::max(list) <= most, "got a kernel, stride, padding or dilation of {}, expected at most {}",
               std::ranges::max(list), most);
  }
}

Axes require_room(const Inference& in, const Windows& windows, const Shape& x, std::string_view what) {
  Axes padded;
  Axes counts;
  bool fits = true;
  for (size_t axis = 0; axis < windows.axes(); ++axis) {
    padded.push_back(windows.padded(axis, x[2 + axis]));
    fits = fits && padded.back() >= windows.reach(axis);
    counts.push_back(windows.count(axis, x[2 + axis]));
  }
  in.require(fits, "got a kernel of {} (dilation {}) for a padded {} of {}; hint: pad more, or use a smaller kernel",
             fmt::join(windows.kernel, " x "), fmt::join(windows.dilation, " x "), what, fmt::join(padded, " x "));
  return counts;
}

}  // namespace atelier::ops
