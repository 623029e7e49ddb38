// Attention (Vaswani et al. 2017).
#pragma once

#include <atelier/tensor.hpp>

namespace atelier {

struct Attention {
  bool causal = false;  // query t sees the keys 0 to t alone
  double scale = 0;     // 0: 1 / sqrt(D)
};

// softmax(scale q kᵀ + mask) v, from q (B, heads, T, D), k (B, heads, S, D) and v (B, heads, S, E) to (B, heads, T, E).
// The mask (B or 1, heads or 1, T or 1, S) is added to the scores: -infinity hides a key. A query that sees none gives
// 0.
inline Tensor attention(At q, At k, At v, Attention a = {}) {
  return detail::call<"attention/1">({q, k, v}, {detail::attribute(int64_t{a.causal}), detail::attribute(a.scale)});
}
inline Tensor attention(At q, At k, At v, At mask, Attention a = {}) {
  return detail::call<"attention/1">({q, k, v, mask},
                                     {detail::attribute(int64_t{a.causal}), detail::attribute(a.scale)});
}

}  // namespace atelier
