// What products and convolutions read where a graph's precision is not float32's.
#pragma once

#include "ops/functions.hpp"

namespace atelier::ops {

// Whether such a product of (M, K) with (K, N) gains from it. Whatever the order of the three, the answer is the same,
// so that a product and its gradients agree.
bool is_reduced_product(const Graph& graph, int64_t m, int64_t n, int64_t k);

// Of an input of a product: real, or rounded so.
void require_product_input(const Inference& in, size_t i);

// Whether a value was rounded for a product.
bool is_rounded(Value x);

// x, rounded for them, as the graph's precision says; as it is where it is so already. Gradients pass through
// unchanged.
Value product_input(Value x);

}  // namespace atelier::ops
