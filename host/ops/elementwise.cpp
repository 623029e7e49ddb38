// Functions of single elements. Where shapes differ they are broadcast; gradients sum what was stretched. The kernels
// are in kernels/elementwise.hpp, under the same names.
#include "kernels/elementwise.hpp"

#include <numbers>

#include "ops/functions.hpp"
#include "ops/operations.hpp"

namespace atelier::ops {

std::optional<Shape> broadcast(const Shape& a, const Shape& b) {
  Shape out = a.rank() >= b.rank() ? a : b;
  const Shape& shorter = a.rank() >= b.rank() ? b : a;
  for (size_t back = 1; back <= shorter.rank(); ++back) {
    int64_t& length = out[out.rank() - back];
    const int64_t other = shorter[shorter.rank() - back];
    if (length != other && length != 1 && other != 1) {
      return {};
    }
    length = length == 1 ? other : length;
  }
  return out;
}

Shape broadcast(const Inference& in, const Shape& a, const Shape& b) {
  const std::optional<Shape> out = broadcast(a, b);
  in.require(
      out.has_value(),
      "got {} and {}, expected shapes that broadcast; hint: axes are aligned at the end, and each pair must be equal "
      "or have a 1",
      to_string(a), to_string(b));
  return *out;
}

namespace {

Types infer_broadcast(const Inference& in) {
  Shape shape;
  for (size_t i = 0; i < in.count(); ++i) {
    in.require_real(i);
    shape = i == 0 ? in.shape(0) : broadcast(in, shape, in.shape(i));
  }
  return {{shape, in.real()}};
}

using UnaryGradient = Value (*)(Value x, Value y, Value g);  // y = f(x), g the gradient that arrives at y

void add_unary(OperationRegistry& registry, std::string_view name, UnaryGradient gradient) {
  Operation operation{.name = std::string(name) + "/1", .infer = infer_broadcast};
  operation.elementwise = &kernels::elementwise_function(name);
  operation.gradient = [gradient](const GradientRequest& r) -> Values {
    return {gradient(r.inputs[0], r.outputs[0], r.output_gradients[0])};
  };
  registry.add(std::move(operation));
}

using BinaryGradient = Values (*)(Value a, Value b, Value y, Value g);  // may have y's shape: they are summed here

void add_binary(OperationRegistry& registry, std::string_view name, BinaryGradient gradient) {
  Operation operation{.name = std::string(name) + "/1", .min_inputs = 2, .max_inputs = 2, .infer = infer_broadcast};
  operation.elementwise = &kernels::elementwise_function(name);
  operation.gradient = [gradient](const GradientRequest& r) {
    Values out = gradient(r.inputs[0], r.inputs[1], r.outputs[0], r.output_gradients[0]);
    for (size_t i = 0; i < 2; ++i) {
      out[i] = r.needed[i] != 0 ? sum_to(out[i], r.inputs[i].shape()) : Value{};
    }
    return out;
  };
  registry.add(std::move(operation));
}

// Constant wherever it is continuous.
void add_constant(OperationRegistry& registry, std::string_view name, size_t inputs) {
  Operation operation{
      .name = std::string(name) + "/1", .min_inputs = inputs, .max_inputs = inputs, .infer = infer_broadcast};
  operation.differentiability = Differentiability::constant;
  operation.elementwise = &kernels::elementwise_function(name);
  registry.add(std::move(operation));
}

void register_arithmetic(OperationRegistry& registry) {
  add_binary(registry, "add", [](Value, Value, Value, Value g) -> Values { return {g, g}; });
  add_binary(registry, "sub", [](Value, Value, Value, Value g) -> Values { return {g, -g}; });
  add_binary(registry, "mul", [](Value a, Value b, Value, Value g) -> Values { return {g * b, g * a}; });
  add_binary(registry, "div", [](Value, Value b, Value y, Value g) -> Values { return {g / b, -(g * y) / b}; });
  // Where a equals b the gradient is a's.
  add_binary(registry, "maximum", [](Value a, Value b, Value, Value g) -> Values {
    return {g * greater_equal(a, b), g * less(a, b)};
  });
  add_binary(registry, "minimum", [](Value a, Value b, Value, Value g) -> Values {
    return {g * less_equal(a, b), g * greater(a, b)};
  });
  for (const auto* name : {"less", "less_equal", "greater", "greater_equal", "equal", "not_equal"}) {
    add_constant(registry, name, 2);
  }
}

void register_functions(OperationRegistry& registry) {
  add_unary(registry, "neg", [](Value, Value, Value g) { return -g; });
  add_unary(registry, "abs", [](Value x, Value, Value g) { return g * sign(x); });
  add_unary(registry, "square", [](Value x, Value, Value g) { return 2.0 * (g * x); });
  add_unary(registry, "sqrt", [](Value, Value y, Value g) { return 0.5 * (g / y); });
  add_unary(registry, "rsqrt", [](Value x, Value y, Value g) { return -0.5 * (g * y / x); });
  add_unary(registry, "reciprocal", [](Value, Value y, Value g) { return -(g * square(y)); });
  add_unary(registry, "exp", [](Value, Value y, Value g) { return g * y; });
  add_unary(registry, "log", [](Value x, Value, Value g) { return g / x; });
  add_unary(registry, "log1p", [](Value x, Value, Value g) { return g / (x + 1.0); });
  add_unary(registry, "expm1", [](Value, Value y, Value g) { return g * (y + 1.0); });
  add_unary(registry, "tanh", [](Value, Value y, Value g) { return g * (1.0 - square(y)); });
  add_unary(registry, "sigmoid", [](Value, Value y, Value g) { return g * (y * (1.0 - y)); });
  add_unary(registry, "softplus", [](Value x, Value, Value g) { return g * sigmoid(x); });
  // By its result, so that what came before need not be kept.
  add_unary(registry, "relu", [](Value, Value y, Value g) { return g * step(y); });
  add_unary(registry, "erf",
            [](Value x, Value, Value g) { return 2.0 * std::numbers::inv_sqrtpi * (g * exp(-square(x))); });
  add_unary(registry, "sin", [](Value x, Value, Value g) { return g * cos(x); });
  add_unary(registry, "cos", [](Value x, Value, Value g) { return -(g * sin(x)); });
  for (const auto* name : {"sign", "floor", "step", "is_finite"}) {
    add_constant(registry, name, 1);
  }
}

// mask != 0 ? a : b
void register_select(OperationRegistry& registry) {
  Operation operation{.name = "select/1", .min_inputs = 3, .max_inputs = 3, .infer = infer_broadcast};
  operation.elementwise = &kernels::elementwise_function("select");
  operation.gradient = [](const GradientRequest& r) -> Values {
    const Value mask = r.inputs[0];
    const Value g = r.output_gradients[0];
    const Value zero = scalar(r.graph, 0);
    return {{}, sum_to(select(mask, g, zero), r.inputs[1].shape()), sum_to(select(mask, zero, g), r.inputs[2].shape())};
  };
  registry.add(std::move(operation));
}

// x^exponent
void register_power(OperationRegistry& registry) {
  Operation operation{.name = "power/1", .attributes = {number("exponent")}, .infer = infer_broadcast};
  operation.elementwise = &kernels::elementwise_function("power");
  operation.gradient = [](const GradientRequest& r) -> Values {
    const double exponent = r.attributes[0].scalar.constant.real;
    if (exponent == 0) {
      return {{}};
    }
    const Value lower = r.graph.apply("power/1", {r.inputs[0]}, {Attribute::of(exponent - 1)});
    return {exponent * (r.output_gradients[0] * lower)};
  };
  registry.add(std::move(operation));
}

// One number, the same everywhere; and stretching to a larger shape.
void register_broadcasting(OperationRegistry& registry) {
  Operation scalar{.name = "scalar/1", .min_inputs = 0, .max_inputs = 0, .attributes = {runtime(number("value"))}};
  scalar.infer = [](const Inference& in) -> Types { return {{Shape{}, in.real()}}; };
  scalar.differentiability = Differentiability::constant;
  scalar.elementwise = &kernels::elementwise_function("splat");
  registry.add(std::move(scalar));

  Operation stretch{.name = "broadcast_to/1", .attributes = {integers("dims")}};
  stretch.infer = [](const Inference& in) -> Types {
    in.require_real(0);
    const Shape target(in.integers(0));
    in.require(broadcast(in.shape(0), target) == target, "got {}, which does not stretch to {}", to_string(in.shape(0)),
               to_string(target));
    return {{target, in.real()}};
  };
  stretch.elementwise = &kernels::elementwise_function("identity");
  stretch.gradient = [](const GradientRequest& r) -> Values {
    return {sum_to(r.output_gradients[0], r.inputs[0].shape())};
  };
  registry.add(std::move(stretch));
}

}  // namespace

void register_elementwise(OperationRegistry& registry) {
  register_arithmetic(registry);
  register_functions(registry);
  register_select(registry);
  register_power(registry);
  register_broadcasting(registry);
}

}  // namespace atelier::ops
