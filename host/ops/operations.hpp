// All operations, by family. Letters in shapes: B place in the batch, C channels (or classes), H rows and W columns of
// an image, M, K, N the sides of matrix products, I and O inputs and outputs of a layer.
#pragma once

#include "graph/operation.hpp"

namespace atelier::ops {

// Fills graph::OperationRegistry, the engine's own operations included. Once is enough; later calls do nothing. Any
// thread.
void register_operations();

void register_elementwise(graph::OperationRegistry& registry);
void register_activations(graph::OperationRegistry& registry);
void register_shapes(graph::OperationRegistry& registry);
void register_layout(graph::OperationRegistry& registry);
void register_movement(graph::OperationRegistry& registry);
void register_reductions(graph::OperationRegistry& registry);
void register_matrices(graph::OperationRegistry& registry);
void register_classification(graph::OperationRegistry& registry);
void register_indexing(graph::OperationRegistry& registry);
void register_random(graph::OperationRegistry& registry);
void register_statistics(graph::OperationRegistry& registry);
void register_normalization(graph::OperationRegistry& registry);
void register_pooling(graph::OperationRegistry& registry);
void register_upsampling(graph::OperationRegistry& registry);
void register_warp(graph::OperationRegistry& registry);
void register_convolution(graph::OperationRegistry& registry);
void register_recurrent(graph::OperationRegistry& registry);

}  // namespace atelier::ops
