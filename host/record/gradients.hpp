// Reverse-mode differentiation on a graph.
#pragma once

#include <span>
#include <vector>

#include "record/graph.hpp"

namespace atelier::record {

// Gradients of the sum of `output`'s elements with respect to `inputs`, added to the graph; differentiable again. An
// input that `output` does not depend on gets an absent value. Contributions to one value add up in recording order.
// `of_one_shard`: the output is one shard's, and what it has of a sum over all shards has no gradients of the others'.
std::vector<Value> gradients(Graph& graph, Value output, std::span<const Value> inputs, bool of_one_shard = false);

}  // namespace atelier::record
