// Reverse-mode differentiation on a graph.
#pragma once

#include <span>
#include <vector>

#include "record/graph.hpp"

namespace atelier::record {

// Gradients of the sum of `output`'s elements with respect to `inputs`, added to the graph; differentiable again. An
// input that `output` does not depend on gets an absent value. Contributions to one value add up in recording order.
std::vector<Value> gradients(Graph& graph, Value output, std::span<const Value> inputs);

}  // namespace atelier::record
