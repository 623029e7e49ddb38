// Sums and products of what comes before along an axis.
#include "ops/cumulative.hpp"

#include "kernels/scan.hpp"
#include "ops/axis_run.hpp"
#include "ops/functions.hpp"
#include "ops/operations.hpp"

namespace atelier::ops {

Value exclusive_product(Value x, Direction direction) {
  return x.graph->apply("cumulative_product/1", {x},
                        {Attribute::of(direction.axis), Attribute::of(int64_t{1}),
                         Attribute::of(static_cast<int64_t>(direction.reverse))});
}

namespace {

// s_i = b_i + a_i s_{i-1}
Value recurrence(Value a, Value b, Direction direction) {
  return a.graph->apply("linear_recurrence/1", {a, b},
                        {Attribute::of(direction.axis), Attribute::of(static_cast<int64_t>(direction.reverse))});
}

// x_{i-1} in the place of x_i, and 0 for the first.
Value from_before(Value x, Direction direction) {
  const size_t axis = counted(direction.axis, x.shape().rank());
  const int64_t length = x.shape()[axis];
  if (length == 0) {
    return x;
  }
  Axes low(x.shape().rank(), 0);
  Axes high = low;
  (direction.reverse ? high : low)[axis] = 1;
  const Value kept = slice(x, direction.axis, Attribute::of(static_cast<int64_t>(direction.reverse)), length - 1);
  return x.graph->apply("pad/1", {kept}, {Attribute::of(low), Attribute::of(high)});
}

// Where s_i = b_i + a_i s_{i-1} and g_i arrives at s_i: t_i = g_i + a_{i+1} t_{i+1} is what arrives in all, by s_{i+1}
// too. As v_i = a_i t_i = a_i g_i + a_i v_{i+1} is a recurrence itself, t_i = g_i + v_{i+1}.
Value all_that_arrives(Value a, Value g, Direction direction) {
  return g + from_before(recurrence(a, a * g, direction.back()), direction.back());
}

kernels::ScanShape scan_shape(const KernelRequest& request, size_t reverse_at) {
  const Shape& x = request.inputs[0].shape;
  const Run run(x, counted(request.integer(0), x.rank()), 1);
  return {run.outer, run.reduced, run.inner, request.integer(reverse_at) != 0};
}

void register_recurrence(OperationRegistry& registry) {
  Operation operation{.name = "linear_recurrence/1",
                      .min_inputs = 2,
                      .max_inputs = 2,
                      .attributes = {integer("axis"), integer("reverse")}};
  operation.infer = [](const Inference& in) -> Types { return {in.input(0)}; };
  operation.kernel = [](const KernelRequest& request) {
    return kernels::make_recurrence(request.dtype(), scan_shape(request, 1));
  };
  operation.gradient = [](const GradientRequest& r) -> Values {
    const Direction direction{r.attributes[0].scalar.constant.integer, r.attributes[1].scalar.constant.integer != 0};
    const Value t = all_that_arrives(r.inputs[0], r.output_gradients[0], direction);
    return {t * from_before(r.outputs[0], direction), t};
  };
  registry.add(std::move(operation));
}

Operation cumulative(const char* name, const char* summary, kernels::Scan scan) {
  Operation operation{.name = name,
                      .summary = summary,
                      .attributes = {integer("axis", -1), integer("exclusive", 0), integer("reverse", 0)}};
  operation.infer = [](const Inference& in) -> Types {
    in.require_number(0);
    (void)in.axis(in.integer(0), in.shape(0).rank());
    return {in.input(0)};
  };
  operation.kernel = [scan](const KernelRequest& request) {
    return kernels::make_scan(scan, request.dtype(), scan_shape(request, 2), request.integer(1) != 0);
  };
  return operation;
}

void register_sum(OperationRegistry& registry) {
  Operation sum =
      cumulative("cumulative_sum/1",
                 "x any (..., N, ...) -> (..., N, ...): along the axis the sum up to each element; without it where "
                 "`exclusive` is 1, and from the end where `reverse` is 1",
                 kernels::Scan::sum);
  sum.gradient = [](const GradientRequest& r) -> Values {
    const int64_t reverse = r.attributes[2].scalar.constant.integer;
    return {r.graph.apply("cumulative_sum/1", {r.output_gradients[0]},
                          {r.attributes[0], r.attributes[1], Attribute::of(static_cast<int64_t>(reverse == 0))})};
  };
  registry.add(std::move(sum));
}

// d y_k / d x_i = (product of x_j, j < i) (product of x_j, i < j <= k), and for exclusive ones j < k: no division, so
// that zeros are nothing special. The sum over k of the second with g_k is a recurrence.
void register_product(OperationRegistry& registry) {
  Operation product =
      cumulative("cumulative_product/1",
                 "x any (..., N, ...) -> (..., N, ...): along the axis the product up to each element; without it "
                 "where `exclusive` is 1, and from the end where `reverse` is 1",
                 kernels::Scan::product);
  product.gradient = [](const GradientRequest& r) -> Values {
    const Direction direction{r.attributes[0].scalar.constant.integer, r.attributes[2].scalar.constant.integer != 0};
    const Value x = r.inputs[0];
    const Value g = r.output_gradients[0];
    const bool exclusive = r.attributes[1].scalar.constant.integer != 0;
    const Value after = exclusive ? from_before(recurrence(x, g, direction.back()), direction.back())
                                  : all_that_arrives(x, g, direction);
    return {exclusive_product(x, direction) * after};
  };
  registry.add(std::move(product));
}

}  // namespace

void register_cumulative(OperationRegistry& registry) {
  register_recurrence(registry);
  register_sum(registry);
  register_product(registry);
}

}  // namespace atelier::ops
