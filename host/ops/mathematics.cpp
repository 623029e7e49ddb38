// Functions of single elements that are rarer than those of elementwise.cpp.
#include "kernels/elementwise.hpp"
#include "ops/elementwise.hpp"
#include "ops/functions.hpp"
#include "ops/operations.hpp"

namespace atelier::ops {
namespace {

Value applied(const char* name, Value x) {
  return x.graph->apply(name, {x});
}
Value pow(Value base, Value exponent) {
  return base.graph->apply("pow/1", {base, exponent});
}
Value equal(Value a, double b) {
  return a.graph->apply("equal/1", {a, scalar(*a.graph, b)});
}

void register_rounding(OperationRegistry& registry) {
  add_constant(registry, "ceil", "x (...) -> (...): the smallest integer that is not below x");
  add_constant(registry, "round", "x (...) -> (...): the nearest integer, of two the even one");
}

void register_angles(OperationRegistry& registry) {
  add_unary(registry, "tan", "the tangent, of radians", [](Value, Value y, Value g) { return g * (square(y) + 1.0); });
  add_unary(registry, "asin", "the angle in [-pi/2, pi/2] whose sine is x; nan outside [-1, 1]",
            [](Value x, Value, Value g) { return g * rsqrt(1.0 - square(x)); });
  add_unary(registry, "acos", "the angle in [0, pi] whose cosine is x; nan outside [-1, 1]",
            [](Value x, Value, Value g) { return -(g * rsqrt(1.0 - square(x))); });
  add_unary(registry, "atan", "the angle in (-pi/2, pi/2) whose tangent is x",
            [](Value x, Value, Value g) { return g / (square(x) + 1.0); });
  add_binary(
      registry, "atan2", "the angle of the point (x, y) in [-pi, pi]",
      [](Value y, Value x, Value, Value g) -> Values {
        const Value h = g / (square(y) + square(x));
        return {h * x, -(h * y)};
      },
      "y (...), x (...)");
  add_unary(registry, "sinh", "(e^x - e^-x) / 2", [](Value x, Value, Value g) { return g * applied("cosh/1", x); });
  add_unary(registry, "cosh", "(e^x + e^-x) / 2", [](Value x, Value, Value g) { return g * applied("sinh/1", x); });
}

void register_gamma(OperationRegistry& registry) {
  add_unary(registry, "lgamma", "log |gamma(x)|", [](Value x, Value, Value g) { return g * applied("digamma/1", x); });
  Operation digamma{.name = "digamma/1",
                    .summary = "x (...) -> (...): the derivative of lgamma",
                    .infer = infer_broadcast,
                    .differentiability = Differentiability::once};
  digamma.elementwise = &kernels::elementwise_function("digamma");
  digamma.gradient = [](const GradientRequest& r) -> Values {
    return {r.output_gradients[0] * applied("trigamma/1", r.inputs[0])};
  };
  registry.add(std::move(digamma));
  Operation trigamma{.name = "trigamma/1",
                     .summary = "x (...) -> (...): the derivative of digamma",
                     .infer = infer_broadcast,
                     .differentiability = Differentiability::unsupported};
  trigamma.elementwise = &kernels::elementwise_function("trigamma");
  registry.add(std::move(trigamma));
}

// x^y has y x^(y-1) and x^y log x. Where y is 0 the first is 0, and where x is 0 the second, also where the formulas
// are not defined.
void register_pow(OperationRegistry& registry) {
  add_binary(
      registry, "pow", "base^exponent; nan where a negative base has an exponent that is no integer",
      [](Value x, Value y, Value power, Value g) -> Values {
        Graph& graph = *g.graph;
        const Value zero = scalar(graph, 0);
        const Value by_base = select(equal(y, 0), zero, g * y * pow(x, y + -1.0));
        const Value is_zero = equal(x, 0) * greater_equal(y, zero);
        const Value by_exponent = select(is_zero, zero, g * power * log(select(is_zero, scalar(graph, 1), x)));
        return {by_base, by_exponent};
      },
      "base (...), exponent (...)");
}

}  // namespace

void register_mathematics(OperationRegistry& registry) {
  register_rounding(registry);
  register_angles(registry);
  register_gamma(registry);
  register_pow(registry);
}

}  // namespace atelier::ops
