#include "ops/bfloat16.hpp"

#include <algorithm>

#include "ops/operations.hpp"

namespace atelier::ops {
namespace {

using kernels::Precision;

constexpr const char* to_bits = "to_bfloat16/1";
constexpr const char* rounded = "rounded_to_bfloat16/1";

void register_rounding(OperationRegistry& registry, const char* name, DType to,
                       std::unique_ptr<kernels::Kernel> (*make)(int64_t)) {
  Operation operation{.name = name};
  operation.infer = [to](const Inference& in) -> Types {
    in.require_real(0);
    return {{in.shape(0), to}};
  };
  operation.gradient = [](const GradientRequest& r) -> Values { return {r.output_gradients[0]}; };
  operation.kernel = [make](const KernelRequest& request) { return make(request.outputs[0].shape.elements()); };
  registry.add(std::move(operation));
}

}  // namespace

bool is_reduced_product(const Graph& graph, int64_t m, int64_t n, int64_t k) {
  constexpr int64_t fewest_lines = 16;  // below them, rounding costs more than it gains
  return graph.precision() != Precision::float32 && graph.real() == DType::f32 && std::min({m, n, k}) >= fewest_lines;
}

void require_product_input(const Inference& in, size_t i) {
  if (in.input(i).dtype != DType::bf16) {
    in.require_real(i);
  }
}

bool is_rounded(Value x) {
  const int32_t maker = x.graph->value(x.id).node;
  if (maker < 0) {
    return false;
  }
  const std::string& name = x.graph->nodes()[static_cast<size_t>(maker)].operation->name;
  return name == to_bits || name == rounded;
}

Value product_input(Value x) {
  return is_rounded(x) ? x : x.graph->apply(x.graph->precision() == Precision::bfloat16 ? to_bits : rounded, {x});
}

void register_bfloat16(OperationRegistry& registry) {
  register_rounding(registry, to_bits, DType::bf16, kernels::make_to_bfloat16);
  register_rounding(registry, rounded, DType::f32, kernels::make_rounded_to_bfloat16);
}

}  // namespace atelier::ops
