// All operations, by family. Letters in shapes: B place in the batch, C channels (or classes), H rows and W columns of
// an image, M, K, N the sides of matrix products, I and O inputs and outputs of a layer.
#pragma once

#include <string>
#include <vector>

#include "record/operation.hpp"

namespace atelier::ops {

// Fills record::OperationRegistry, the engine's own operations included. Once is enough; later calls do nothing. Any
// thread.
void register_operations();

struct Family {
  std::string title;
  std::vector<std::string> operations;  // the public ones, as they were declared
};
// For the catalogue of operations.
const std::vector<Family>& families();

void register_elementwise(record::OperationRegistry& registry);
void register_mathematics(record::OperationRegistry& registry);
void register_integers(record::OperationRegistry& registry);
void register_activations(record::OperationRegistry& registry);
void register_shapes(record::OperationRegistry& registry);
void register_layout(record::OperationRegistry& registry);
void register_movement(record::OperationRegistry& registry);
void register_arrange(record::OperationRegistry& registry);
void register_rearranging(record::OperationRegistry& registry);
void register_borders(record::OperationRegistry& registry);
void register_reductions(record::OperationRegistry& registry);
void register_composed_reductions(record::OperationRegistry& registry);
void register_cumulative(record::OperationRegistry& registry);
void register_bfloat16(record::OperationRegistry& registry);
void register_matrices(record::OperationRegistry& registry);
void register_linear_algebra(record::OperationRegistry& registry);
void register_classification(record::OperationRegistry& registry);
void register_indexing(record::OperationRegistry& registry);
void register_along(record::OperationRegistry& registry);
void register_sorting(record::OperationRegistry& registry);
void register_random(record::OperationRegistry& registry);
void register_statistics(record::OperationRegistry& registry);
void register_normalization(record::OperationRegistry& registry);
void register_pooling(record::OperationRegistry& registry);
void register_upsampling(record::OperationRegistry& registry);
void register_warp(record::OperationRegistry& registry);
void register_convolution_parts(record::OperationRegistry& registry);
void register_convolution(record::OperationRegistry& registry);
void register_convolution_axes(record::OperationRegistry& registry);
void register_pooling_axes(record::OperationRegistry& registry);
void register_patches(record::OperationRegistry& registry);
void register_grid_sampling(record::OperationRegistry& registry);
void register_bicubic(record::OperationRegistry& registry);
void register_einsum(record::OperationRegistry& registry);
void register_attention(record::OperationRegistry& registry);
void register_recurrent(record::OperationRegistry& registry);
void register_shards(record::OperationRegistry& registry);

}  // namespace atelier::ops
