// Choosing elements along one axis by int64 indices of a whole tensor's shape. An index out of range reads nan, or the
// smallest integer of int64, and writes nothing.
#include "kernels/along.hpp"

#include "ops/along.hpp"
#include "ops/functions.hpp"
#include "ops/operations.hpp"

namespace atelier::ops {

Value gather_along(Value x, Value indices, int64_t axis) {
  return x.graph->apply("gather_along/1", {x, indices}, {Attribute::of(axis)});
}
Value scatter_add_along(Value base, Value indices, Value updates, int64_t axis) {
  return base.graph->apply("scatter_add_along/1", {base, indices, updates}, {Attribute::of(axis)});
}

namespace {

// No longer than `whole`, but along the axis.
bool fits(const Shape& part, const Shape& whole, std::optional<size_t> axis) {
  for (size_t i = 0; i < whole.rank(); ++i) {
    if (i != axis && part[i] > whole[i]) {
      return false;
    }
  }
  return true;
}

size_t require_indices_for(const Inference& in, const char* name) {
  in.require_number(0);
  in.require_indices(1);
  const Shape& x = in.shape(0);
  const size_t axis = in.axis(in.integer(0), x.rank());
  in.require(in.shape(1).rank() == x.rank() && fits(in.shape(1), x, axis),
             "got {} of {} and indices of {}, expected indices of as many axes, none longer but axis {}", name,
             to_string(x), to_string(in.shape(1)), axis);
  return axis;
}

void register_gather_along(OperationRegistry& registry) {
  Operation gather{
      .name = "gather_along/1",
      .summary =
          "x any (..., N, ...), indices int64 (..., M, ...) -> (..., M, ...): along an axis the element of "
          "x at each index; on the other axes the indices may be shorter than x",
      .min_inputs = 2,
      .max_inputs = 2,
      .attributes = {integer("axis")}};
  gather.infer = [](const Inference& in) -> Types {
    require_indices_for(in, "x");
    return {{in.shape(1), in.input(0).dtype}};
  };
  gather.kernel = [](const KernelRequest& request) {
    const Shape& x = request.inputs[0].shape;
    return kernels::make_gather_along(request.dtype(), x, request.inputs[1].shape,
                                      counted(request.integer(0), x.rank()));
  };
  gather.gradient = [](const GradientRequest& r) -> Values {
    return {scatter_add_along(zeros_like(r.inputs[0]), r.inputs[1], r.output_gradients[0],
                              r.attributes[0].scalar.constant.integer),
            {}};
  };
  registry.add(std::move(gather));
}

// `x` with zeros behind it up to a shape.
Value padded(Value x, const Shape& shape) {
  if (x.shape() == shape) {
    return x;
  }
  Axes high = dims_of(shape);
  for (size_t axis = 0; axis < high.size(); ++axis) {
    high[axis] -= x.shape()[axis];
  }
  return x.graph->apply("pad/1", {x}, {Attribute::of(Axes(high.size(), 0)), Attribute::of(high)});
}

void register_scatter_add_along(OperationRegistry& registry) {
  Operation scatter{.name = "scatter_add_along/1",
                    .summary =
                        "base any (..., N, ...), indices int64 (..., M, ...), updates any (..., M, ...) -> (..., N, "
                        "...): the base with each update added at its index along an axis, in their order; the updates "
                        "may be longer than the indices, and on the other axes the indices shorter than the base",
                    .min_inputs = 3,
                    .max_inputs = 3,
                    .attributes = {integer("axis")}};
  scatter.infer = [](const Inference& in) -> Types {
    require_indices_for(in, "a base");
    in.require(
        in.input(2).dtype == in.input(0).dtype && in.shape(2).rank() == in.shape(1).rank() &&
            fits(in.shape(1), in.shape(2), {}),
        "got updates of {} for a base of {} and indices of {}, expected updates of the base's type, none of their "
        "axes shorter than the indices'",
        to_string(in.input(2)), to_string(in.input(0)), to_string(in.shape(1)));
    return {in.input(0)};
  };
  scatter.kernel = [](const KernelRequest& request) {
    const Shape& base = request.inputs[0].shape;
    return kernels::make_scatter_add_along(request.dtype(), base, request.inputs[1].shape, request.inputs[2].shape,
                                           counted(request.integer(0), base.rank()));
  };
  scatter.gradient = [](const GradientRequest& r) -> Values {
    const Value g = r.output_gradients[0];
    Values out{g, {}, {}};
    if (r.needed[2] != 0) {
      out[2] = padded(gather_along(g, r.inputs[1], r.attributes[0].scalar.constant.integer), r.inputs[2].shape());
    }
    return out;
  };
  registry.add(std::move(scatter));
}

}  // namespace

void register_along(OperationRegistry& registry) {
  register_gather_along(registry);
  register_scatter_add_along(registry);
}

}  // namespace atelier::ops
