// Reductions over any axes that are formulas of others.
#include <algorithm>

#include "ops/functions.hpp"
#include "ops/operations.hpp"
#include "ops/reductions.hpp"

namespace atelier::ops {
namespace {

// log sum exp x = m + log sum exp(x - m), m the maximum; 0 where that is infinite, as inf - inf is nan. The formula
// does not depend on m, so that no gradient flows through it.
Value logsumexp(Value x, const Axes& axes, bool keep) {
  if (x.shape().elements() == 0) {
    return log(sum(exp(x), axes, keep));
  }
  Graph& graph = *x.graph;
  const auto finite_maximum = [&](bool kept) {
    const Value m = detach(max(x, axes, kept));
    return select(graph.apply("is_finite/1", {m}), m, scalar(graph, 0));
  };
  return log(sum(exp(x - finite_maximum(true)), axes, keep)) + finite_maximum(keep);
}

Value variance(Value x, const Axes& axes, bool keep, double correction) {
  const Value total = sum(square(x - mean(x, axes, true)), axes, keep);
  const double count =
      static_cast<double>(x.shape().elements()) / static_cast<double>(std::max<int64_t>(1, total.shape().elements()));
  return (1 / std::max(0.0, count - correction)) * total;
}

// Where the variance is 0, the root is that of 1, less 1: its gradient is that of the variance, 0.
Value standard_deviation(Value x, const Axes& axes, bool keep, double correction) {
  const Value found = variance(x, axes, keep, correction);
  const Value one_at_zero = found.graph->apply("equal/1", {found, scalar(*found.graph, 0)});
  return found.graph->apply("sqrt/1", {found + one_at_zero}) - one_at_zero;
}

template <typename Formula>
void add(OperationRegistry& registry, Operation operation, Formula formula) {
  operation.composed = [formula](Graph&, std::span<const Value> inputs, const Attributes& attributes) -> Values {
    return {formula(inputs[0], attributes)};
  };
  registry.add(std::move(operation));
}

bool keeps(const Attributes& attributes) {
  return attributes[1].scalar.constant.integer != 0;
}

Operation corrected(const char* name, std::string_view what) {
  Operation operation = listed(name, what);
  operation.attributes.push_back(number("correction", 1));
  return operation;
}

}  // namespace

void register_composed_reductions(OperationRegistry& registry) {
  add(registry, listed("logsumexp/1", "log sum e^x"),
      [](Value x, const Attributes& given) { return logsumexp(x, given[0].integers, keeps(given)); });
  add(registry, corrected("variance/1", "the sum of (x - mean)^2, divided by the count less `correction`,"),
      [](Value x, const Attributes& given) {
        return variance(x, given[0].integers, keeps(given), given[2].scalar.constant.real);
      });
  add(registry, corrected("standard_deviation/1", "the root of the variance, whose gradient at 0 is 0,"),
      [](Value x, const Attributes& given) {
        return standard_deviation(x, given[0].integers, keeps(given), given[2].scalar.constant.real);
      });
}

}  // namespace atelier::ops
