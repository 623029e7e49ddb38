#include "ops/operations.hpp"

#include <mutex>

#include "record/lowering.hpp"

namespace atelier::ops {

void register_operations() {
  static std::once_flag once;
  std::call_once(once, [] {
    record::OperationRegistry& registry = record::OperationRegistry::instance();
    record::register_special_operations();
    register_elementwise(registry);
    register_activations(registry);
    register_shapes(registry);
    register_layout(registry);
    register_movement(registry);
    register_reductions(registry);
    register_matrices(registry);
    register_classification(registry);
    register_indexing(registry);
    register_random(registry);
    register_statistics(registry);
    register_normalization(registry);
    register_pooling(registry);
    register_upsampling(registry);
    register_warp(registry);
    register_convolution(registry);
    register_recurrent(registry);
  });
}

}  // namespace atelier::ops
