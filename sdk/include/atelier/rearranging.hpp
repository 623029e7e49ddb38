// Tensors in another order: axes swapped, added and left out, tensors stacked and split, tiled, flipped, rolled, sliced
// with a step, and with borders. All of them take any type of elements; negative axes count from the end.
#pragma once

#include <atelier/tensor.hpp>
#include <optional>

namespace atelier {

// ---- Axes

inline Tensor transpose(At x, int64_t first = -2, int64_t second = -1) {  // two axes swapped
  return detail::call<"transpose/1">({x}, {detail::attribute(first), detail::attribute(second)});
}
inline Tensor squeeze(At x, Integers axes = std::initializer_list<int64_t>{}) {  // none given: all of length 1
  return detail::call<"squeeze/1">({x}, {detail::attribute(axes)});
}
inline Tensor unsqueeze(At x, int64_t axis) {  // a new one of length 1
  return detail::call<"unsqueeze/1">({x}, {detail::attribute(axis)});
}

// ---- Stacking and splitting

// Along a new axis. All of one shape and type.
inline Tensor stack(const std::vector<Tensor>& parts, int64_t axis = 0, Location at = {}) {
  return detail::call<"stack/1">(parts, {detail::attribute(axis)}, at);
}

// Into parts of these lengths along an axis, in order.
inline std::vector<Tensor> split(At x, const std::vector<int64_t>& lengths, int64_t axis = 0) {
  int64_t total = 0;
  for (const int64_t length : lengths) {
    total += length;
  }
  if (x.tensor.handle() != 0 && total != x.tensor.dim(static_cast<int>(axis))) {
    detail::fail(x.tensor.context(), ATL_ERROR_SHAPE,
                 "split: got lengths that add up to " + std::to_string(total) + " for an axis of " +
                     std::to_string(x.tensor.dim(static_cast<int>(axis))),
                 x.location());
    detail::stop();
  }
  std::vector<Tensor> out;
  int64_t start = 0;
  for (const int64_t length : lengths) {
    out.push_back(x.tensor.slice(axis, start, length, x.location()));
    start += length;
  }
  return out;
}
// Into so many parts of one length.
inline std::vector<Tensor> split_equally(At x, int64_t parts, int64_t axis = 0) {
  const int64_t length = x.tensor.handle() == 0 ? 0 : x.tensor.dim(static_cast<int>(axis));
  if (parts < 1 || length % parts != 0) {
    detail::fail(x.tensor.context(), ATL_ERROR_SHAPE,
                 "split_equally: got an axis of " + std::to_string(length) + " for " + std::to_string(parts) +
                     " parts, expected a number of parts that divides it; hint: split() takes their lengths",
                 x.location());
    detail::stop();
    return {};
  }
  return split(x, std::vector<int64_t>(static_cast<size_t>(parts), length / parts), axis);
}

// ---- Repeating

inline Tensor tile(At x, Integers repeats) {  // side by side with itself, so often along each axis
  return detail::call<"tile/1">({x}, {detail::attribute(repeats)});
}
inline Tensor repeat(At x, int64_t repeats, int64_t axis = 0) {  // each row so often after itself
  return detail::call<"repeat/1">({x}, {detail::attribute(repeats), detail::attribute(axis)});
}

// ---- Other orders along axes

inline Tensor flip(At x, Integers axes) {
  return detail::call<"flip/1">({x}, {detail::attribute(axes)});
}
inline Tensor roll(At x, Integers shifts, Integers axes) {  // what leaves at the end comes in at the beginning
  return detail::call<"roll/1">({x}, {detail::attribute(shifts), detail::attribute(axes)});
}
// Python's x[start:stop:step] along an axis. What is left open goes to the end that the step leads from or to.
inline Tensor strided_slice(At x, int64_t axis, std::optional<int64_t> start, std::optional<int64_t> stop,
                            int64_t step = 1) {
  constexpr int64_t end = int64_t{1} << 40U;  // beyond every tensor
  const int64_t from = start.value_or(step > 0 ? 0 : end);
  const int64_t to = stop.value_or(step > 0 ? end : -end);
  return detail::call<"strided_slice/1">(
      {x}, {detail::attribute(axis), detail::attribute(from), detail::attribute(to), detail::attribute(step)});
}

// ---- Borders: `low[i]` elements before and `high[i]` after axis i. pad() has zeros.

inline Tensor pad_constant(At x, Integers low, Integers high, double value) {
  return detail::call<"pad_constant/1">({x},
                                        {detail::attribute(low), detail::attribute(high), detail::attribute(value)});
}
inline Tensor pad_reflect(At x, Integers low, Integers high) {  // mirrored, without the outermost elements
  return detail::call<"pad_reflect/1">({x}, {detail::attribute(low), detail::attribute(high)});
}
inline Tensor pad_replicate(At x, Integers low, Integers high) {  // the outermost elements again and again
  return detail::call<"pad_replicate/1">({x}, {detail::attribute(low), detail::attribute(high)});
}
inline Tensor pad_circular(At x, Integers low, Integers high) {  // as a ring
  return detail::call<"pad_circular/1">({x}, {detail::attribute(low), detail::attribute(high)});
}

}  // namespace atelier
