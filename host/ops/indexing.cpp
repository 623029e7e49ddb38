// Choosing elements by int64 indices. An index out of range reads nan, or the smallest integer of int64, and receives
// no gradient.
#include "kernels/movement.hpp"
#include "ops/functions.hpp"
#include "ops/operations.hpp"

namespace atelier::ops {
namespace {

Shape joined(const Shape& a, std::span<const int64_t> b) {
  Shape out = a;
  for (const int64_t length : b) {
    out.append(length);
  }
  return out;
}

int64_t width_of(const Shape& table) {
  return Shape(table.dims().subspan(1)).elements();
}

void register_gather(OperationRegistry& registry) {
  Operation gather{.name = "gather/1",
                   .summary = "table any (N, ...), indices int64 (I...) -> (I..., ...): rows of the table",
                   .min_inputs = 2,
                   .max_inputs = 2};
  gather.infer = [](const Inference& in) -> Types {
    in.require_number(0);
    in.require_indices(1);
    in.require(in.shape(0).rank() >= 1, "got a table of (), expected (N, ...)");
    return {{joined(in.shape(1), in.shape(0).dims().subspan(1)), in.input(0).dtype}};
  };
  gather.kernel = [](const KernelRequest& request) {
    const Shape& table = request.inputs[0].shape;
    return kernels::make_gather(request.dtype(), table[0], width_of(table), request.inputs[1].shape.elements());
  };
  gather.gradient = [](const GradientRequest& r) -> Values {
    const Attribute rows = Attribute::of(r.inputs[0].shape()[0]);
    return {r.graph.apply("scatter_add/1", {r.inputs[1], r.output_gradients[0]}, {rows}), {}};
  };
  registry.add(std::move(gather));
}

void register_scatter_add(OperationRegistry& registry) {
  Operation scatter{.name = "scatter_add/1",
                    .summary =
                        "indices int64 (I...), updates any (I..., ...) -> (rows, ...): for each row the sum of its "
                        "updates, in their order",
                    .min_inputs = 2,
                    .max_inputs = 2,
                    .attributes = {integer("rows")}};
  scatter.infer = [](const Inference& in) -> Types {
    in.require_indices(0);
    in.require_number(1);
    const size_t rank = in.shape(0).rank();
    const Shape& updates = in.shape(1);
    in.require(updates.rank() >= rank && Shape(updates.dims().first(rank)) == in.shape(0),
               "got indices of {} and updates of {}, expected the updates to begin with the indices' axes",
               to_string(in.shape(0)), to_string(updates));
    return {{joined(Shape{in.integer(0)}, updates.dims().subspan(rank)), in.input(1).dtype}};
  };
  scatter.kernel = [](const KernelRequest& request) {
    const Shape& out = request.outputs[0].shape;
    return kernels::make_scatter_add(request.dtype(), out[0], width_of(out), request.inputs[0].shape.elements());
  };
  scatter.gradient = [](const GradientRequest& r) -> Values {
    return {{}, r.graph.apply("gather/1", {r.output_gradients[0], r.inputs[0]})};
  };
  registry.add(std::move(scatter));
}

void register_one_hot(OperationRegistry& registry) {
  Operation one_hot{.name = "one_hot/1",
                    .summary = "indices int64 (...) -> (..., classes): 1 at the index, else 0",
                    .attributes = {integer("classes")}};
  one_hot.differentiability = Differentiability::constant;
  one_hot.infer = [](const Inference& in) -> Types {
    in.require_indices(0);
    in.require(in.integer(0) >= 1, "got {} classes, expected at least 1", in.integer(0));
    return {{joined(in.shape(0), {{in.integer(0)}}), in.real()}};
  };
  one_hot.kernel = [](const KernelRequest& request) {
    return kernels::make_one_hot(request.dtype(), request.inputs[0].shape.elements(), request.integer(0));
  };
  registry.add(std::move(one_hot));
}

void register_take(OperationRegistry& registry) {
  Operation take{.name = "take/1",
                 .summary = "x any (..., C), indices int64 (...) -> (...): the element at the index of each row",
                 .min_inputs = 2,
                 .max_inputs = 2};
  take.infer = [](const Inference& in) -> Types {
    in.require_number(0);
    in.require_indices(1);
    const Shape& x = in.shape(0);
    in.require(x.rank() >= 1 && Shape(x.dims().first(x.rank() - 1)) == in.shape(1),
               "got x of {} and indices of {}, expected an index for each row", to_string(x), to_string(in.shape(1)));
    return {{in.shape(1), in.input(0).dtype}};
  };
  take.kernel = [](const KernelRequest& request) {
    const Shape& x = request.inputs[0].shape;
    return kernels::make_take_along(request.dtype(), request.inputs[1].shape.elements(), x[x.rank() - 1]);
  };
  take.gradient = [](const GradientRequest& r) -> Values {
    const Shape& x = r.inputs[0].shape();
    const Attribute width = Attribute::of(x[x.rank() - 1]);
    return {r.graph.apply("put/1", {r.output_gradients[0], r.inputs[1]}, {width}), {}};
  };
  registry.add(std::move(take));
}

// The transpose of take: values (...), indices (...) -> (..., width), the value at the index of each row, else 0
void register_put(OperationRegistry& registry) {
  Operation put{.name = "put/1", .min_inputs = 2, .max_inputs = 2, .attributes = {integer("width")}};
  put.infer = [](const Inference& in) -> Types {
    in.require_number(0);
    in.require_indices(1);
    in.require(in.shape(0) == in.shape(1), "got values of {} and indices of {}, expected equal shapes",
               to_string(in.shape(0)), to_string(in.shape(1)));
    return {{joined(in.shape(0), {{in.integer(0)}}), in.input(0).dtype}};
  };
  put.kernel = [](const KernelRequest& request) {
    return kernels::make_put_along(request.dtype(), request.inputs[0].shape.elements(), request.integer(0));
  };
  put.gradient = [](const GradientRequest& r) -> Values { return {ops::take(r.output_gradients[0], r.inputs[1]), {}}; };
  registry.add(std::move(put));
}

void register_cast(OperationRegistry& registry) {
  Operation cast{.name = "cast/1",
                 .summary = "x int64 (...) -> (...): the integers as real numbers",
                 .differentiability = Differentiability::constant};
  cast.infer = [](const Inference& in) -> Types {
    in.require_indices(0);
    return {{in.shape(0), in.real()}};
  };
  cast.kernel = [](const KernelRequest& request) {
    return kernels::make_cast(DType::i64, request.dtype(), request.inputs[0].shape.elements());
  };
  registry.add(std::move(cast));
}

}  // namespace

void register_indexing(OperationRegistry& registry) {
  register_gather(registry);
  register_scatter_add(registry);
  register_one_hot(registry);
  register_take(registry);
  register_put(registry);
  register_cast(registry);
}

}  // namespace atelier::ops
