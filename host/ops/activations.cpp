// Activations with settings. Leaky ReLU: Maas et al. 2013; ELU: Clevert et al. 2016; GELU: Hendrycks & Gimpel 2016.
#include <numbers>

#include "kernels/elementwise.hpp"
#include "ops/functions.hpp"
#include "ops/operations.hpp"

namespace atelier::ops {
namespace {

Types infer_same(const Inference& in) {
  in.require_real(0);
  return {in.input(0)};
}

Operation with_settings(std::string_view name, std::vector<AttributeSpec> settings, std::string summary = {}) {
  Operation operation{.name = std::string(name) + "/1",
                      .summary = std::move(summary),
                      .attributes = std::move(settings),
                      .infer = infer_same};
  operation.elementwise = &kernels::elementwise_function(name);
  return operation;
}

// g times another function of x, with the same settings.
auto times(const char* derivative) {
  return [derivative](const GradientRequest& r) -> Values {
    return {r.output_gradients[0] * r.graph.apply(derivative, {r.inputs[0]}, r.attributes)};
  };
}

// leaky_step is the derivative, of the result, so that x need not be kept.
void register_leaky_relu(OperationRegistry& registry) {
  const std::vector settings{number("slope", 0.01)};
  Operation leaky_relu = with_settings("leaky_relu", settings, "x (...) -> (...): max(x, 0) + slope min(x, 0)");
  leaky_relu.infer = [](const Inference& in) -> Types {
    in.require(in.number(0) >= 0, "got a slope of {}, expected at least 0", in.number(0));
    return infer_same(in);
  };
  leaky_relu.gradient = [](const GradientRequest& r) -> Values {
    return {r.output_gradients[0] * r.graph.apply("leaky_step/1", {r.outputs[0]}, r.attributes)};
  };
  registry.add(std::move(leaky_relu));
  Operation leaky_step = with_settings("leaky_step", settings);
  leaky_step.differentiability = Differentiability::constant;
  registry.add(std::move(leaky_step));
}

// elu_step is the derivative, x > 0 ? 1 : alpha exp(x).
void register_elu(OperationRegistry& registry) {
  const std::vector settings{runtime(number("alpha", 1))};
  Operation elu = with_settings("elu", settings, "x (...) -> (...): x where x > 0, else alpha (e^x - 1)");
  elu.gradient = times("elu_step/1");
  registry.add(std::move(elu));
  Operation elu_step = with_settings("elu_step", settings);
  elu_step.gradient = [](const GradientRequest& r) -> Values {
    return {r.output_gradients[0] * (r.outputs[0] * (1.0 - step(r.inputs[0])))};
  };
  registry.add(std::move(elu_step));
}

// clamp_step is the derivative, 1 inside the closed range.
void register_clamp(OperationRegistry& registry) {
  const std::vector settings{runtime(number("low")), runtime(number("high"))};
  Operation clamp = with_settings("clamp", settings, "x (...) -> (...): min(max(x, low), high)");
  clamp.gradient = times("clamp_step/1");
  registry.add(std::move(clamp));
  Operation clamp_step = with_settings("clamp_step", settings);
  clamp_step.differentiability = Differentiability::constant;
  registry.add(std::move(clamp_step));
}

void register_gelu(OperationRegistry& registry) {
  Operation gelu{
      .name = "gelu/1", .summary = "x (...) -> (...): x Phi(x) = x / 2 (1 + erf(x / sqrt(2)))", .infer = infer_same};
  gelu.composed = [](Graph&, std::span<const Value> inputs, const Attributes&) -> Values {
    const Value x = inputs[0];
    return {0.5 * x * (erf((1 / std::numbers::sqrt2) * x) + 1.0)};
  };
  registry.add(std::move(gelu));
}

}  // namespace

void register_activations(OperationRegistry& registry) {
  register_leaky_relu(registry);
  register_elu(registry);
  register_clamp(registry);
  register_gelu(registry);
}

}  // namespace atelier::ops
