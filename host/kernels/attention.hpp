// Attention (Vaswani et al. 2017), without its scores in memory: y = softmax(scale q kᵀ + mask) v, for each of many
// pairs of a place in the batch and a head. q is (B, N, T, D), k (B, N, S, D), v (B, N, S, E), the mask broadcasts to
// (B, N, T, S), y is (B, N, T, E). All for f32 and f64.
#pragma once

#include <cstdint>
#include <memory>

#include "kernels/kernel.hpp"

namespace atelier::kernels {

struct AttentionSpec {
  int64_t batch = 1;
  int64_t heads = 1;
  int64_t queries = 1;  // T
  int64_t keys = 1;     // S, at least 1
  int64_t width = 1;    // D
  int64_t values = 1;   // E
  double scale = 1;
  bool causal = false;  // query t sees the keys 0 to t alone
  bool masked = false;
  // How far apart the mask's elements are from one place, head and query to the next; 0 where it broadcasts.
  int64_t mask_batch_stride = 0;
  int64_t mask_head_stride = 0;
  int64_t mask_query_stride = 0;
};

// Inputs q, k, v, and the mask where there is one; outputs y and (B, N, T): the logarithm of the sum of each query's
// exponentials, which is +infinity for one that sees no key, whose y is 0.
std::unique_ptr<Kernel> make_attention(const AttentionSpec& spec, tensor::DType dtype);

// Inputs q, k, v, y, the logarithms, dy, and the mask where there is one; outputs dq, dk, dv.
std::unique_ptr<Kernel> make_attention_gradient(const AttentionSpec& spec, tensor::DType dtype);

// No inputs; output (queries, keys): 1 where a causal query sees the key, else 0.
std::unique_ptr<Kernel> make_causal_mask(int64_t queries, int64_t keys, tensor::DType dtype);

}  // namespace atelier::kernels
