// int64 tensors that are made: constants, ranges, and draws, which are counted as those of random.hpp are.
#pragma once

#include <atelier/recording.hpp>

namespace atelier {

inline Tensor integer(const Recording& recording, int64_t value, Location at = {}) {  // ()
  return detail::apply(recording.context(), detail::resolved<"scalar_integer/1">(), {}, {detail::attribute(value)}, at);
}

// start, start + step, ... to before the end, as NumPy's; start and step may change freely, as long as the length
// stays.
inline Tensor arange(const Recording& recording, int64_t start, int64_t end, int64_t step = 1, Location at = {}) {
  if (step == 0) {
    detail::fail(recording.context(), ATL_ERROR_ARGUMENT, "arange: got a step of 0", at);
    return {recording.context(), 0};
  }
  const auto difference = [](int64_t a, int64_t b) { return static_cast<uint64_t>(a) - static_cast<uint64_t>(b); };
  const uint64_t distance = step > 0 ? difference(end, start) : difference(start, end);
  const uint64_t stride = step > 0 ? static_cast<uint64_t>(step) : difference(0, step);
  const bool is_empty = step > 0 ? end <= start : end >= start;
  const auto length = static_cast<int64_t>(is_empty ? 0 : (distance - 1) / stride + 1);
  return detail::apply(recording.context(), detail::resolved<"arange/1">(), {},
                       {detail::attribute(length), detail::attribute(start), detail::attribute(step)}, at);
}
inline Tensor arange(const Recording& recording, int64_t length, Location at = {}) {  // 0 to length - 1
  return arange(recording, 0, length, 1, at);
}

inline Tensor random_integers(const Recording& recording, Integers dims, int64_t low, int64_t high,
                              Location at = {}) {  // uniform in [low, high)
  return detail::apply(recording.context(), detail::resolved<"random_integers/1">(), {},
                       {detail::attribute(dims), detail::attribute(low), detail::attribute(high)}, at);
}
// (dims..., n): along the last axis 0 to n - 1, each once; another order for each place on the axes before.
inline Tensor random_permutation(const Recording& recording, int64_t n,
                                 Integers dims = std::initializer_list<int64_t>{}, Location at = {}) {
  return detail::apply(recording.context(), detail::resolved<"random_permutation/1">(), {},
                       {detail::attribute(dims), detail::attribute(n)}, at);
}

}  // namespace atelier
