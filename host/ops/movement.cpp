// Moving elements: permutations, slices, joins and borders.
#include "kernels/movement.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "ops/functions.hpp"
#include "ops/operations.hpp"

namespace atelier::ops {
namespace {

// Where an axis of (B, C, H, W) lies in (B, H, W, C).
int64_t channels_last_axis(const Attribute& axis) {
  constexpr int64_t place[] = {0, 3, 1, 2};
  return place[counted(axis.scalar.constant.integer, 4)];
}

void register_permute(OperationRegistry& registry) {
  Operation permute{.name = "permute/1",
                    .summary = "x any (...) -> (...): axis i of the result is axis axes[i] of x",
                    .attributes = {integers("axes")}};
  permute.infer = [](const Inference& in) -> Types {
    const Axes& axes = in.integers(0);
    Axes sorted = axes;
    std::ranges::sort(sorted);
    Axes expected(in.shape(0).rank());
    std::iota(expected.begin(), expected.end(), 0);
    in.require(sorted == expected, "got the axes ({}) for a tensor of {}, expected each of its axes once",
               fmt::join(axes, ", "), to_string(in.shape(0)));
    Shape out;
    for (const int64_t axis : axes) {
      out.append(in.shape(0)[static_cast<size_t>(axis)]);
    }
    return {{out, in.input(0).dtype}};
  };
  permute.kernel = [](const KernelRequest& request) {
    const Axes& axes = request.integers(0);
    return kernels::make_permute(request.dtype(), request.inputs[0].shape, std::vector<int>(axes.begin(), axes.end()));
  };
  permute.gradient = [](const GradientRequest& r) -> Values {
    const Axes& axes = r.attributes[0].integers;
    Axes inverse(axes.size());
    for (size_t i = 0; i < axes.size(); ++i) {
      inverse[static_cast<size_t>(axes[i])] = static_cast<int64_t>(i);
    }
    return {ops::permute(r.output_gradients[0], inverse)};
  };
  registry.add(std::move(permute));
}

void require_fits(const Inference& in, int64_t start, int64_t length, int64_t whole, size_t axis) {
  in.require(length >= 0 && length <= whole && start >= 0 && start <= whole - length,
             "got {} elements from {} on along axis {}, expected them inside its {}", length, start, axis, whole);
}

// A start for each axis: the given one, else 0.
std::vector<kernels::OperandReference> starts_at(size_t rank, size_t axis, const Attribute& start) {
  std::vector<kernels::OperandReference> starts(rank, Attribute::of(int64_t{0}).scalar);
  starts[axis] = start.scalar;
  return starts;
}

void register_slice(OperationRegistry& registry) {
  Operation slice{.name = "slice/1",
                  .summary = "x any (..., N, ...) -> (..., length, ...): the elements along one axis from `start` on"};
  slice.attributes = {integer("axis"), runtime(integer("start")), integer("length")};
  slice.infer = [](const Inference& in) -> Types {
    Shape out = in.shape(0);
    const size_t axis = in.axis(in.integer(0), out.rank());
    require_fits(in, 0, in.integer(2), out[axis], axis);
    out[axis] = in.integer(2);
    return {{out, in.input(0).dtype}};
  };
  slice.check_operands = [](const Inference& in) {
    const Shape& from = in.shape(0);
    const size_t axis = in.axis(in.integer(0), from.rank());
    require_fits(in, in.integer(1), in.integer(2), from[axis], axis);
  };
  slice.kernel = [](const KernelRequest& request) {
    const Shape& from = request.inputs[0].shape;
    const size_t axis = counted(request.integer(0), from.rank());
    return kernels::make_strided_copy(request.dtype(), from, request.outputs[0].shape,
                                      starts_at(from.rank(), axis, request.attributes[1]), Axes(from.rank(), 1));
  };
  slice.gradient = [](const GradientRequest& r) -> Values {
    return {update_slice(zeros_like(r.inputs[0]), r.output_gradients[0], r.attributes[0].scalar.constant.integer,
                         r.attributes[1])};
  };
  slice.unchanged = [](std::span<const TensorType> inputs, const Attributes& a) -> std::optional<size_t> {
    const Shape& whole = inputs[0].shape;
    const int64_t length = whole[counted(a[0].scalar.constant.integer, whole.rank())];
    return length == a[2].scalar.constant.integer ? std::optional<size_t>(0) : std::nullopt;
  };
  slice.on_channels_last = [](std::span<const Value> images, const Attributes& attributes) {
    return ops::slice(images[0], channels_last_axis(attributes[0]), attributes[1],
                      attributes[2].scalar.constant.integer);
  };
  registry.add(std::move(slice));
}

void register_update_slice(OperationRegistry& registry) {
  Operation update{.name = "update_slice/1",
                   .summary =
                       "base any (..., N, ...), block any (..., M, ...) -> (..., N, ...): the base with the block "
                       "in the place of M elements along one axis from `start` on",
                   .min_inputs = 2,
                   .max_inputs = 2};
  update.attributes = {integer("axis"), runtime(integer("start"))};
  update.infer = [](const Inference& in) -> Types {
    const Shape& base = in.shape(0);
    const Shape& block = in.shape(1);
    const size_t axis = in.axis(in.integer(0), base.rank());
    Shape expected = base;
    if (block.rank() == base.rank()) {
      expected[axis] = block[axis];
    }
    in.require(block == expected && in.input(0).dtype == in.input(1).dtype,
               "got a block of {} for a base of {}, expected equal types and equal lengths but along axis {}",
               to_string(in.input(1)), to_string(in.input(0)), axis);
    require_fits(in, 0, block[axis], base[axis], axis);
    return {in.input(0)};
  };
  update.check_operands = [](const Inference& in) {
    const Shape& base = in.shape(0);
    const size_t axis = in.axis(in.integer(0), base.rank());
    require_fits(in, in.integer(1), in.shape(1)[axis], base[axis], axis);
  };
  update.kernel = [](const KernelRequest& request) {
    const Shape& base = request.inputs[0].shape;
    const size_t axis = counted(request.integer(0), base.rank());
    return kernels::make_update_slice(request.dtype(), base, request.inputs[1].shape,
                                      starts_at(base.rank(), axis, request.attributes[1]));
  };
  update.gradient = [](const GradientRequest& r) -> Values {
    const int64_t axis = r.attributes[0].scalar.constant.integer;
    const Value g = r.output_gradients[0];
    const Shape& block = r.inputs[1].shape();
    Values out(2);
    if (r.needed[0] != 0) {
      out[0] = update_slice(g, zeros_like(r.inputs[1]), axis, r.attributes[1]);
    }
    if (r.needed[1] != 0) {
      out[1] = ops::slice(g, axis, r.attributes[1], block[counted(axis, block.rank())]);
    }
    return out;
  };
  update.unchanged = [](std::span<const TensorType> inputs, const Attributes&) -> std::optional<size_t> {
    return inputs[0] == inputs[1] ? std::optional<size_t>(1) : std::nullopt;
  };
  update.on_channels_last = [](std::span<const Value> images, const Attributes& attributes) {
    return update_slice(images[0], images[1], channels_last_axis(attributes[0]), attributes[1]);
  };
  registry.add(std::move(update));
}

void register_concatenate(OperationRegistry& registry) {
  Operation concatenate{.name = "concatenate/1",
                        .summary =
                            "parts... any (..., N_i, ...) -> (..., sum of N_i, ...): side by side along one "
                            "axis, in order",
                        .max_inputs = 64,
                        .attributes = {integer("axis")}};
  concatenate.infer = [](const Inference& in) -> Types {
    Shape out = in.shape(0);
    const size_t axis = in.axis(in.integer(0), out.rank());
    for (size_t i = 1; i < in.count(); ++i) {
      Shape expected = out;
      if (in.shape(i).rank() == out.rank()) {
        expected[axis] = in.shape(i)[axis];
      }
      in.require(in.shape(i) == expected && in.input(i).dtype == in.input(0).dtype,
                 "got {} beside {}, expected equal types and equal lengths but along axis {}", to_string(in.input(i)),
                 to_string(in.input(0)), axis);
      out[axis] += in.shape(i)[axis];
    }
    return {{out, in.input(0).dtype}};
  };
  concatenate.kernel = [](const KernelRequest& request) {
    const Shape& out = request.outputs[0].shape;
    const size_t axis = counted(request.integer(0), out.rank());
    std::vector<int64_t> lengths;
    for (const kernels::Buffer& input : request.inputs) {
      lengths.push_back(input.shape[axis]);
    }
    return kernels::make_concatenate(request.dtype(), product(out, 0, axis), lengths,
                                     product(out, axis + 1, out.rank()));
  };
  concatenate.gradient = [](const GradientRequest& r) {
    const int64_t axis = r.attributes[0].scalar.constant.integer;
    Values out;
    int64_t start = 0;
    for (size_t i = 0; i < r.inputs.size(); ++i) {
      const Shape& part = r.inputs[i].shape();
      const int64_t length = part[counted(axis, part.rank())];
      out.push_back(r.needed[i] != 0 ? ops::slice(r.output_gradients[0], axis, Attribute::of(start), length) : Value{});
      start += length;
    }
    return out;
  };
  concatenate.on_channels_last = [](std::span<const Value> parts, const Attributes& attributes) {
    return parts.front()
        .graph
        ->apply(OperationRegistry::instance().get("concatenate/1"), parts,
                {Attribute::of(channels_last_axis(attributes[0]))})
        .front();
  };
  registry.add(std::move(concatenate));
}

void register_pad(OperationRegistry& registry) {
  Operation pad{.name = "pad/1",
                .summary = "x any (...) -> (...): with zeros around, low[i] before and high[i] after axis i",
                .attributes = {integers("low"), integers("high")}};
  pad.infer = [](const Inference& in) -> Types {
    Shape out = in.shape(0);
    const Axes& low = in.integers(0);
    const Axes& high = in.integers(1);
    in.require(low.size() == out.rank() && high.size() == out.rank(),
               "got {} low and {} high borders for a tensor of {}, expected one of each for every axis", low.size(),
               high.size(), to_string(out));
    for (size_t axis = 0; axis < out.rank(); ++axis) {
      in.require(low[axis] >= 0 && high[axis] >= 0, "got the borders {} and {} of axis {}, expected at least 0",
                 low[axis], high[axis], axis);
      out[axis] += low[axis] + high[axis];
    }
    return {{out, in.input(0).dtype}};
  };
  pad.kernel = [](const KernelRequest& request) {
    return kernels::make_pad(request.dtype(), request.inputs[0].shape, request.integers(0), request.integers(1));
  };
  pad.gradient = [](const GradientRequest& r) -> Values {
    Value g = r.output_gradients[0];
    const Shape& inner = r.inputs[0].shape();
    for (size_t axis = 0; axis < inner.rank(); ++axis) {
      if (g.shape()[axis] != inner[axis]) {
        g = ops::slice(g, static_cast<int64_t>(axis), Attribute::of(r.attributes[0].integers[axis]), inner[axis]);
      }
    }
    return {g};
  };
  pad.on_channels_last = [](std::span<const Value> images, const Attributes& attributes) {
    const auto turned = [](const Axes& borders) { return Axes{borders[0], borders[2], borders[3], borders[1]}; };
    return images[0].graph->apply(
        "pad/1", {images[0]},
        {Attribute::of(turned(attributes[0].integers)), Attribute::of(turned(attributes[1].integers))});
  };
  registry.add(std::move(pad));
}

}  // namespace

void register_movement(OperationRegistry& registry) {
  register_permute(registry);
  register_slice(registry);
  register_update_slice(registry);
  register_concatenate(registry);
  register_pad(registry);
}

}  // namespace atelier::ops
