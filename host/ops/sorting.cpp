// Elements in order along an axis. The places that they come from carry the gradient back to them.
#include "kernels/sort.hpp"
#include "ops/along.hpp"
#include "ops/axis_run.hpp"
#include "ops/functions.hpp"
#include "ops/operations.hpp"

namespace atelier::ops {
namespace {

// The attributes of the operation that runs.
constexpr size_t axis_at = 0, kept_at = 1, descending_at = 2;

Value first_sorted(Value x, int64_t axis, int64_t kept, int64_t descending, size_t output) {
  const Operation& operation = OperationRegistry::instance().get("first_sorted/1");
  return x.graph->apply(operation, std::span(&x, 1),
                        {Attribute::of(axis), Attribute::of(kept), Attribute::of(descending)})[output];
}

// The first `kept` ones of each run.
void register_first_sorted(OperationRegistry& registry) {
  Operation sort{
      .name = "first_sorted/1", .outputs = 2, .attributes = {integer("axis"), integer("kept"), integer("descending")}};
  sort.infer = [](const Inference& in) -> Types {
    Shape out = in.shape(0);
    out[in.axis(in.integer(axis_at), out.rank())] = in.integer(kept_at);
    return {{out, in.input(0).dtype}, {out, DType::i64}};
  };
  sort.kernel = [](const KernelRequest& request) {
    const Shape& x = request.inputs[0].shape;
    const Run run(x, counted(request.integer(axis_at), x.rank()), 1);
    return kernels::make_sort(request.dtype(), {run.outer, run.reduced, run.inner, request.integer(kept_at)},
                              request.integer(descending_at) != 0);
  };
  sort.gradient = [](const GradientRequest& r) -> Values {
    return {scatter_add_along(zeros_like(r.inputs[0]), r.outputs[1], r.output_gradients[0],
                              r.attributes[axis_at].scalar.constant.integer)};
  };
  registry.add(std::move(sort));
}

size_t sorted_axis(const Inference& in, size_t attribute) {
  in.require_number(0);
  return in.axis(in.integer(attribute), in.shape(0).rank());
}

void register_sort(OperationRegistry& registry) {
  Operation sort{.name = "sort/1",
                 .summary =
                     "x any (..., N, ...) -> values (..., N, ...), places int64 (..., N, ...): in order along the "
                     "axis, upwards or where `descending` is 1 downwards; equal ones in the order of their places, "
                     "nan last",
                 .outputs = 2,
                 .attributes = {integer("axis", -1), integer("descending", 0)}};
  sort.infer = [](const Inference& in) -> Types {
    sorted_axis(in, 0);
    return {in.input(0), {in.shape(0), DType::i64}};
  };
  sort.composed = [](Graph&, std::span<const Value> inputs, const Attributes& attributes) -> Values {
    const int64_t axis = attributes[0].scalar.constant.integer;
    const int64_t length = inputs[0].shape()[counted(axis, inputs[0].shape().rank())];
    const int64_t descending = attributes[1].scalar.constant.integer;
    return {first_sorted(inputs[0], axis, length, descending, 0), first_sorted(inputs[0], axis, length, descending, 1)};
  };
  registry.add(std::move(sort));
}

void register_argsort(OperationRegistry& registry) {
  Operation sort{.name = "argsort/1",
                 .summary = "x any (..., N, ...) -> int64 (..., N, ...): the places of sort",
                 .attributes = {integer("axis", -1), integer("descending", 0)},
                 .differentiability = Differentiability::constant};
  sort.infer = [](const Inference& in) -> Types {
    sorted_axis(in, 0);
    return {{in.shape(0), DType::i64}};
  };
  sort.composed = [](Graph&, std::span<const Value> inputs, const Attributes& attributes) -> Values {
    const int64_t axis = attributes[0].scalar.constant.integer;
    const int64_t length = inputs[0].shape()[counted(axis, inputs[0].shape().rank())];
    return {first_sorted(inputs[0], axis, length, attributes[1].scalar.constant.integer, 1)};
  };
  registry.add(std::move(sort));
}

void register_top_k(OperationRegistry& registry) {
  Operation top{.name = "top_k/1",
                .summary =
                    "x any (..., N, ...) -> values (..., k, ...), places int64 (..., k, ...): the k largest along the "
                    "axis, largest first, or where `smallest` is 1 the k smallest, smallest first; equal ones in "
                    "the order of their places, nan last",
                .outputs = 2,
                .attributes = {integer("k"), integer("axis", -1), integer("smallest", 0)}};
  top.infer = [](const Inference& in) -> Types {
    const size_t axis = sorted_axis(in, 1);
    Shape out = in.shape(0);
    in.require(in.integer(0) >= 0 && in.integer(0) <= out[axis], "got a k of {} along axis {} of {}, expected 0 to {}",
               in.integer(0), axis, to_string(out), out[axis]);
    out[axis] = in.integer(0);
    return {{out, in.input(0).dtype}, {out, DType::i64}};
  };
  top.composed = [](Graph&, std::span<const Value> inputs, const Attributes& attributes) -> Values {
    const int64_t k = attributes[0].scalar.constant.integer;
    const int64_t axis = attributes[1].scalar.constant.integer;
    const int64_t descending = attributes[2].scalar.constant.integer == 0 ? 1 : 0;
    return {first_sorted(inputs[0], axis, k, descending, 0), first_sorted(inputs[0], axis, k, descending, 1)};
  };
  registry.add(std::move(top));
}

}  // namespace

void register_sorting(OperationRegistry& registry) {
  register_first_sorted(registry);
  register_sort(registry);
  register_argsort(registry);
  register_top_k(registry);
}

}  // namespace atelier::ops
