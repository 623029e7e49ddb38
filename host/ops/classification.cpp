// Probabilities of classes, and the losses made of them. The largest logit is taken off first, so that nothing
// overflows; it is no part of the gradient, as softmax does not change when all logits move together.
#include "kernels/elementwise.hpp"
#include "ops/functions.hpp"
#include "ops/operations.hpp"

namespace atelier::ops {
namespace {

Types infer_along_axis(const Inference& in) {
  in.require_real(0);
  (void)in.axis(in.integer(0), in.shape(0).rank());
  return {in.input(0)};
}

Value below_maximum(Value x, int64_t axis) {
  return x - detach(max(x, {axis}, true));
}

Values compose_softmax(Graph&, std::span<const Value> inputs, const Attributes& attributes) {
  const int64_t axis = attributes[0].scalar.constant.integer;
  const Value powers = exp(below_maximum(inputs[0], axis));
  return {powers / sum(powers, {axis}, true)};
}

Values compose_log_softmax(Graph&, std::span<const Value> inputs, const Attributes& attributes) {
  const int64_t axis = attributes[0].scalar.constant.integer;
  const Value z = below_maximum(inputs[0], axis);
  return {z - log(sum(exp(z), {axis}, true))};
}

void register_cross_entropy(OperationRegistry& registry) {
  Operation operation{.name = "cross_entropy/1",
                      .summary = "logits (B, C), labels int64 (B) -> (B): -log softmax(logits)[label]",
                      .min_inputs = 2,
                      .max_inputs = 2};
  operation.infer = [](const Inference& in) -> Types {
    in.require_real(0);
    in.require_indices(1);
    in.require_rank(0, 2, "logits (B, C)");
    in.require(in.shape(1) == Shape{in.shape(0)[0]}, "got logits of {} and labels of {}, expected a label for each row",
               to_string(in.shape(0)), to_string(in.shape(1)));
    return {{in.shape(1), in.real()}};
  };
  operation.composed = [](Graph&, std::span<const Value> inputs, const Attributes&) -> Values {
    return {-take(log_softmax(inputs[0], -1), inputs[1])};
  };
  registry.add(std::move(operation));
}

// Its gradient is p - t.
void register_bce_with_logits(OperationRegistry& registry) {
  Operation operation{.name = "bce_with_logits/1",
                      .summary =
                          "x (...), t (...) -> (...): -t log p - (1 - t) log(1 - p) with p = sigmoid(x), as "
                          "max(x, 0) - x t + log(1 + e^-|x|): stable for every x, and exact where a logit is sure "
                          "and right, too",
                      .min_inputs = 2,
                      .max_inputs = 2};
  operation.infer = [](const Inference& in) -> Types {
    in.require_real(0);
    in.require_real(1);
    return {{broadcast(in, in.shape(0), in.shape(1)), in.real()}};
  };
  operation.elementwise = &kernels::elementwise_function("bce_with_logits");
  operation.gradient = [](const GradientRequest& r) -> Values {
    const Value x = r.inputs[0];
    const Value t = r.inputs[1];
    const Value g = r.output_gradients[0];
    return {r.needed[0] != 0 ? sum_to(g * sigmoid(x) + -g * t, x.shape()) : Value{},
            r.needed[1] != 0 ? sum_to(-g * x, t.shape()) : Value{}};
  };
  registry.add(std::move(operation));
}

}  // namespace

void register_classification(OperationRegistry& registry) {
  const std::vector along{integer("axis", -1)};
  registry.add({.name = "softmax/1",
                .summary = "x (..., C, ...) -> (..., C, ...): e^z / sum e^z along an axis, z = x - max x",
                .attributes = along,
                .infer = infer_along_axis,
                .composed = compose_softmax});
  registry.add({.name = "log_softmax/1",
                .summary = "x (..., C, ...) -> (..., C, ...): z - log sum e^z along an axis, z = x - max x",
                .attributes = along,
                .infer = infer_along_axis,
                .composed = compose_log_softmax});
  register_cross_entropy(registry);
  register_bce_with_logits(registry);
}

}  // namespace atelier::ops
