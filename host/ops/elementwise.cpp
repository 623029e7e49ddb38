// Functions of single elements. Where shapes differ they are broadcast; gradients sum what was stretched. The kernels
// are in kernels/elementwise.hpp, under the same names.
#include "ops/elementwise.hpp"

#include <algorithm>
#include <numbers>

#include "kernels/elementwise.hpp"
#include "kernels/integers.hpp"
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

Types infer_broadcast(const Inference& in) {
  Shape shape;
  for (size_t i = 0; i < in.count(); ++i) {
    in.require_real(i);
    shape = i == 0 ? in.shape(0) : broadcast(in, shape, in.shape(i));
  }
  return {{shape, in.real()}};
}

namespace {

// The type of inputs [first, count), and their shape, broadcast.
TensorType one_type(const Inference& in, size_t first) {
  in.require_number(first);
  TensorType type = in.input(first);
  for (size_t i = first; i < in.count(); ++i) {
    in.require(in.input(i).dtype == type.dtype,
               "got {} and {}, expected one type; hint: to_real makes real numbers of int64",
               to_string(in.input(first)), to_string(in.input(i)));
    type.shape = broadcast(in, type.shape, in.shape(i));
  }
  return type;
}

Types infer_arithmetic(const Inference& in) {
  return {one_type(in, 0)};
}

Types infer_comparison(const Inference& in) {
  return {{one_type(in, 0).shape, in.real()}};
}

// A mask of either type.
Types infer_select(const Inference& in) {
  const TensorType chosen = one_type(in, 1);
  in.require_number(0);
  return {{broadcast(in, in.shape(0), chosen.shape), chosen.dtype}};
}

Types infer_broadcast_to(const Inference& in) {
  const TensorType from = one_type(in, 0);
  const Shape target(in.integers(0));
  in.require(broadcast(from.shape, target) == target, "got {}, which does not stretch to {}", to_string(from.shape),
             to_string(target));
  return {{target, from.dtype}};
}

// What takes int64 too, and its shape rule then.
constexpr std::pair<std::string_view, Types (*)(const Inference&)> rules_with_integers[] = {
    {"add/1", infer_arithmetic},           {"sub/1", infer_arithmetic},
    {"mul/1", infer_arithmetic},           {"neg/1", infer_arithmetic},
    {"abs/1", infer_arithmetic},           {"sign/1", infer_arithmetic},
    {"square/1", infer_arithmetic},        {"maximum/1", infer_arithmetic},
    {"minimum/1", infer_arithmetic},       {"less/1", infer_comparison},
    {"less_equal/1", infer_comparison},    {"greater/1", infer_comparison},
    {"greater_equal/1", infer_comparison}, {"equal/1", infer_comparison},
    {"not_equal/1", infer_comparison},     {"select/1", infer_select},
    {"broadcast_to/1", infer_broadcast_to}};

// "a (...), b (...) -> (...): ..." with inputs of any type.
std::string of_any_type(std::string summary) {
  for (size_t at = 0; (at = summary.find(" (", at)) < summary.find("->"); at += 6) {
    summary.insert(at, " any");
  }
  return summary;
}

// An operation that takes int64 too gets a twin, which runs in its place there. It is not elementwise in the sense of
// plans: it is not fused, so that fused programs have one type.
void add(OperationRegistry& registry, Operation operation) {
  const auto* rule =
      std::ranges::find(rules_with_integers, operation.name, [](const auto& entry) { return entry.first; });
  if (rule != std::end(rules_with_integers)) {
    operation.infer = rule->second;
    operation.summary = of_any_type(operation.summary);
    operation.on_integers = std::string(record::base_name(operation)) + "_integers/1";
    Operation twin{.name = operation.on_integers,
                   .min_inputs = operation.min_inputs,
                   .max_inputs = operation.max_inputs,
                   .attributes = operation.attributes,
                   .infer = operation.infer,
                   .differentiability = Differentiability::constant};
    twin.kernel = [function = operation.elementwise->name](const KernelRequest& request) {
      return kernels::make_integers(function, request.inputs, request.outputs[0]);
    };
    registry.add(std::move(twin));
  }
  registry.add(std::move(operation));
}

}  // namespace

void add_unary(OperationRegistry& registry, std::string_view name, std::string_view formula, UnaryGradient gradient) {
  Operation operation{.name = fmt::format("{}/1", name),
                      .summary = fmt::format("x (...) -> (...): {}", formula),
                      .infer = infer_broadcast};
  operation.elementwise = &kernels::elementwise_function(name);
  operation.gradient = [gradient](const GradientRequest& r) -> Values {
    return {gradient(r.inputs[0], r.outputs[0], r.output_gradients[0])};
  };
  add(registry, std::move(operation));
}

void add_binary(OperationRegistry& registry, std::string_view name, std::string_view formula, BinaryGradient gradient,
                std::string_view inputs) {
  Operation operation{.name = fmt::format("{}/1", name), .summary = fmt::format("{} -> (...): {}", inputs, formula)};
  operation.min_inputs = operation.max_inputs = 2;
  operation.infer = infer_broadcast;
  operation.elementwise = &kernels::elementwise_function(name);
  operation.gradient = [gradient](const GradientRequest& r) {
    Values out = gradient(r.inputs[0], r.inputs[1], r.outputs[0], r.output_gradients[0]);
    for (size_t i = 0; i < 2; ++i) {
      out[i] = r.needed[i] != 0 ? sum_to(out[i], r.inputs[i].shape()) : Value{};
    }
    return out;
  };
  add(registry, std::move(operation));
}

void add_constant(OperationRegistry& registry, std::string_view name, std::string summary, size_t inputs) {
  Operation operation{.name = fmt::format("{}/1", name), .summary = std::move(summary)};
  operation.min_inputs = operation.max_inputs = inputs;
  operation.infer = infer_broadcast;
  operation.differentiability = Differentiability::constant;
  operation.elementwise = &kernels::elementwise_function(name);
  add(registry, std::move(operation));
}

namespace {

void register_arithmetic(OperationRegistry& registry) {
  add_binary(registry, "add", "a + b", [](Value, Value, Value, Value g) -> Values { return {g, g}; });
  add_binary(registry, "sub", "a - b", [](Value, Value, Value, Value g) -> Values { return {g, -g}; });
  add_binary(registry, "mul", "a b", [](Value a, Value b, Value, Value g) -> Values { return {g * b, g * a}; });
  add_binary(registry, "div", "a / b", [](Value, Value b, Value y, Value g) -> Values {
    return {g / b, -(g * y) / b};
  });
  add_binary(registry, "maximum", "the larger one; of equals the gradient is a's",
             [](Value a, Value b, Value, Value g) -> Values {
               return {g * greater_equal(a, b), g * less(a, b)};
             });
  add_binary(registry, "minimum", "the smaller one; of equals the gradient is a's",
             [](Value a, Value b, Value, Value g) -> Values {
               return {g * less_equal(a, b), g * greater(a, b)};
             });
  for (const auto& [name, sign] : {std::pair("less", "<"),
                                   {"less_equal", "<="},
                                   {"greater", ">"},
                                   {"greater_equal", ">="},
                                   {"equal", "=="},
                                   {"not_equal", "!="}}) {
    add_constant(registry, name, fmt::format("a (...), b (...) -> (...): 1 where a {} b, else 0", sign), 2);
  }
}

void register_functions(OperationRegistry& registry) {
  add_unary(registry, "neg", "-x", [](Value, Value, Value g) { return -g; });
  add_unary(registry, "abs", "|x|; at 0 the gradient is 0", [](Value x, Value, Value g) { return g * sign(x); });
  add_unary(registry, "square", "x^2", [](Value x, Value, Value g) { return 2.0 * (g * x); });
  add_unary(registry, "sqrt", "the square root", [](Value, Value y, Value g) { return 0.5 * (g / y); });
  add_unary(registry, "rsqrt", "1 / sqrt(x)", [](Value x, Value y, Value g) { return -0.5 * (g * y / x); });
  add_unary(registry, "reciprocal", "1 / x", [](Value, Value y, Value g) { return -(g * square(y)); });
  add_unary(registry, "exp", "e^x", [](Value, Value y, Value g) { return g * y; });
  add_unary(registry, "log", "the natural logarithm", [](Value x, Value, Value g) { return g / x; });
  add_unary(registry, "log1p", "log(1 + x), exact near 0", [](Value x, Value, Value g) { return g / (x + 1.0); });
  add_unary(registry, "expm1", "e^x - 1, exact near 0", [](Value, Value y, Value g) { return g * (y + 1.0); });
  add_unary(registry, "tanh", "the hyperbolic tangent", [](Value, Value y, Value g) { return g * (1.0 - square(y)); });
  add_unary(registry, "sigmoid", "1 / (1 + e^-x)", [](Value, Value y, Value g) { return g * (y * (1.0 - y)); });
  add_unary(registry, "softplus", "log(1 + e^x)", [](Value x, Value, Value g) { return g * sigmoid(x); });
  // By its result, so that what came before need not be kept.
  add_unary(registry, "relu", "max(x, 0); at 0 the gradient is 0", [](Value, Value y, Value g) { return g * step(y); });
  add_unary(registry, "erf", "the error function, 2 / sqrt(pi) times the integral of e^(-t^2) from 0 to x",
            [](Value x, Value, Value g) { return 2.0 * std::numbers::inv_sqrtpi * (g * exp(-square(x))); });
  add_unary(registry, "sin", "the sine, of radians", [](Value x, Value, Value g) { return g * cos(x); });
  add_unary(registry, "cos", "the cosine, of radians", [](Value x, Value, Value g) { return -(g * sin(x)); });
  add_constant(registry, "sign", "x (...) -> (...): -1, 0 or 1");
  add_constant(registry, "floor", "x (...) -> (...): the largest integer that is not above x");
  add_constant(registry, "is_finite", "x (...) -> (...): 1 where x is finite, 0 where it is infinite or nan");
  add_constant(registry, "step", "");  // 1 where x > 0, else 0: relu's derivative
}

void register_select(OperationRegistry& registry) {
  Operation operation{.name = "select/1",
                      .summary = "mask (...), a (...), b (...) -> (...): a where the mask is not 0, else b",
                      .min_inputs = 3,
                      .max_inputs = 3,
                      .infer = infer_broadcast};
  operation.elementwise = &kernels::elementwise_function("select");
  operation.gradient = [](const GradientRequest& r) -> Values {
    const Value mask = r.inputs[0];
    const Value g = r.output_gradients[0];
    const Value zero = scalar(r.graph, 0);
    return {{}, sum_to(select(mask, g, zero), r.inputs[1].shape()), sum_to(select(mask, zero, g), r.inputs[2].shape())};
  };
  add(registry, std::move(operation));
}

void register_power(OperationRegistry& registry) {
  Operation operation{.name = "power/1",
                      .summary = "x (...) -> (...): x^exponent",
                      .attributes = {number("exponent")},
                      .infer = infer_broadcast};
  operation.elementwise = &kernels::elementwise_function("power");
  operation.gradient = [](const GradientRequest& r) -> Values {
    const double exponent = r.attributes[0].scalar.constant.real;
    if (exponent == 0) {
      return {{}};
    }
    const Value lower = r.graph.apply("power/1", {r.inputs[0]}, {Attribute::of(exponent - 1)});
    return {exponent * (r.output_gradients[0] * lower)};
  };
  add(registry, std::move(operation));
}

void register_broadcasting(OperationRegistry& registry) {
  Operation scalar{.name = "scalar/1", .summary = "-> (): a number", .min_inputs = 0, .max_inputs = 0};
  scalar.attributes = {runtime(number("value"))};
  scalar.infer = [](const Inference& in) -> Types { return {{Shape{}, in.real()}}; };
  scalar.differentiability = Differentiability::constant;
  scalar.elementwise = &kernels::elementwise_function("splat");
  registry.add(std::move(scalar));

  Operation stretch{.name = "broadcast_to/1",
                    .summary = "x (...) -> (dims): x stretched to a larger shape by NumPy's rule of broadcasting",
                    .attributes = {integers("dims")}};
  stretch.elementwise = &kernels::elementwise_function("identity");
  stretch.gradient = [](const GradientRequest& r) -> Values {
    return {sum_to(r.output_gradients[0], r.inputs[0].shape())};
  };
  add(registry, std::move(stretch));
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
