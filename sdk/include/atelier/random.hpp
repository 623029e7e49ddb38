// Random draws, counted: a sample's draws depend on the seed, the step and its place in the batch, on nothing else.
// Normal and uniform ones are members of what records.
#pragma once

#include <atelier/tensor.hpp>

namespace atelier {

inline Tensor dropout(At x, double rate) {  // x m / (1 - rate), m from Bernoulli(1 - rate)
  return detail::call<"dropout/1">({x}, {detail::attribute(rate)});
}
inline Tensor bernoulli(At probability) {  // 1 or 0
  return detail::call<"bernoulli/1">({probability});
}
inline Tensor categorical(At logits) {  // (..., C) to int64 (...)
  return detail::call<"categorical/1">({logits});
}

}  // namespace atelier
