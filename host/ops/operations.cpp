#include "ops/operations.hpp"

#include "record/lowering.hpp"

namespace atelier::ops {
namespace {

struct Declared {
  const char* title;
  std::vector<void (*)(record::OperationRegistry&)> declare;
};

std::vector<Family> declare_all() {
  record::OperationRegistry& registry = record::OperationRegistry::instance();
  record::register_special_operations();
  const Declared all[] = {
      {"Elementwise", {register_elementwise, register_mathematics}},
      {"Integers", {register_integers}},
      {"Activations", {register_activations}},
      {"Shapes and places", {register_shapes, register_layout, register_movement}},
      {"Reductions", {register_reductions, register_composed_reductions, register_cumulative}},
      {"Other orders", {register_arrange, register_rearranging, register_borders}},
      {"Matrices", {register_bfloat16, register_matrices, register_einsum, register_attention}},
      {"Linear algebra", {register_linear_algebra}},
      {"Classes and their losses", {register_classification}},
      {"Indices", {register_indexing, register_along}},
      {"Orders", {register_sorting}},
      {"Random draws", {register_random}},
      {"Normalization", {register_statistics, register_normalization}},
      {"Pooling", {register_pooling, register_pooling_axes}},
      {"Upsampling", {register_upsampling, register_bicubic}},
      {"Sampling between pixels", {register_warp, register_grid_sampling}},
      {"Convolutions", {register_convolution_parts, register_convolution, register_convolution_axes, register_patches}},
      {"Recurrent layers", {register_recurrent}},
      {"Shards of a batch", {register_shards}},
  };
  std::vector<Family> out;
  for (const auto& [title, declare] : all) {
    const size_t before = registry.public_names().size();
    for (const auto& family : declare) {
      family(registry);
    }
    const std::vector<std::string> names = registry.public_names();
    out.push_back({title, {names.begin() + static_cast<std::ptrdiff_t>(before), names.end()}});
  }
  return out;
}

}  // namespace

const std::vector<Family>& families() {
  static const std::vector<Family> all = declare_all();
  return all;
}

void register_operations() {
  (void)families();
}

}  // namespace atelier::ops
