// Probabilities of classes, and losses made of them as plain operations.
#pragma once

#include <atelier/elementwise.hpp>

namespace atelier {

inline Tensor softmax(At x, int64_t axis = -1) {
  return detail::call<"softmax/1">({x}, {detail::attribute(axis)});
}
inline Tensor log_softmax(At x, int64_t axis = -1) {
  return detail::call<"log_softmax/1">({x}, {detail::attribute(axis)});
}
inline Tensor bce_with_logits(At logits, At targets) {  // elementwise: max(x, 0) - x t + log(1 + exp(-|x|))
  return detail::call<"bce_with_logits/1">({logits, targets});
}
inline Tensor bce_with_logits(At logits, double target) {
  return bce_with_logits(logits, detail::scalar_beside(logits, target));
}
inline Tensor cross_entropy(At logits, At labels) {  // (B, C), (B) to (B)
  return detail::call<"cross_entropy/1">({logits, labels});
}

}  // namespace atelier
