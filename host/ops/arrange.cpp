#include "ops/arrange.hpp"

#include <algorithm>

#include "kernels/axis_rows.hpp"
#include "ops/operations.hpp"

namespace atelier::ops {
namespace {

// As attributes hold them: three numbers for each.
Attribute packed(const std::vector<Places>& places) {
  Axes out;
  for (const Places& some : places) {
    if (some.count > 0) {
      out.insert(out.end(), {some.first, some.step, some.count});
    }
  }
  return Attribute::of(std::move(out));
}

Axes places_of(const Axes& packed) {
  Axes out;
  for (size_t i = 0; i + 2 < packed.size(); i += 3) {
    for (int64_t k = 0; k < packed[i + 2]; ++k) {
      out.push_back(packed[i] + k * packed[i + 1]);
    }
  }
  return out;
}

int64_t count_of(const Axes& packed) {
  int64_t out = 0;
  for (size_t i = 2; i < packed.size(); i += 3) {
    out += packed[i];
  }
  return out;
}

kernels::AxisRows rows_of(const Shape& shape, size_t axis) {
  return {product(shape, 0, axis), shape[axis], product(shape, axis + 1, shape.rank())};
}

size_t axis_of(const KernelRequest& request) {
  return counted(request.integer(0), request.inputs[0].shape.rank());
}

// x, the axis, the places, and the number where there is none -> x in another order
void register_pick(OperationRegistry& registry) {
  Operation operation{.name = "arrange/1"};
  operation.attributes = {integer("axis"), integers("places"), number("fill", 0)};
  operation.infer = [](const Inference& in) -> Types {
    Shape out = in.shape(0);
    out[in.axis(in.integer(0), out.rank())] = count_of(in.integers(1));
    return {{out, in.input(0).dtype}};
  };
  operation.kernel = [](const KernelRequest& request) {
    return kernels::make_pick_rows(request.dtype(), rows_of(request.inputs[0].shape, axis_of(request)),
                                   places_of(request.integers(1)), request.attributes[2].scalar.constant.real);
  };
  operation.gradient = [](const GradientRequest& r) -> Values {
    const Shape& from = r.inputs[0].shape();
    const int64_t length = from[counted(r.attributes[0].scalar.constant.integer, from.rank())];
    return {r.graph.apply("arrange_transpose/1", {r.output_gradients[0]},
                          {r.attributes[0], r.attributes[1], Attribute::of(length)})};
  };
  operation.on_channels_last = [](std::span<const Value> images, const Attributes& attributes) {
    constexpr int64_t place[] = {0, 3, 1, 2};
    const int64_t axis = place[counted(attributes[0].scalar.constant.integer, 4)];
    return images[0].graph->apply("arrange/1", {images[0]}, {Attribute::of(axis), attributes[1], attributes[2]});
  };
  registry.add(std::move(operation));
}

// g as the result of arrange, the axis, the places, and the length that the axis had
void register_pick_transpose(OperationRegistry& registry) {
  Operation operation{.name = "arrange_transpose/1"};
  operation.attributes = {integer("axis"), integers("places"), integer("length")};
  operation.infer = [](const Inference& in) -> Types {
    in.require_real(0);
    Shape out = in.shape(0);
    const size_t axis = in.axis(in.integer(0), out.rank());
    in.require(out[axis] == count_of(in.integers(1)), "got {} places for a tensor of {}, expected {}",
               count_of(in.integers(1)), to_string(out), out[axis]);
    out[axis] = in.integer(2);
    return {{out, in.real()}};
  };
  operation.kernel = [](const KernelRequest& request) {
    kernels::RowBlend picked;
    for (const int64_t place : places_of(request.integers(1))) {
      picked.add(place, 1);
      picked.end_row();
    }
    return kernels::make_blend_rows(request.dtype(), rows_of(request.inputs[0].shape, axis_of(request)),
                                    picked.transposed(request.integer(2)));
  };
  operation.gradient = [](const GradientRequest& r) -> Values {
    return {r.graph.apply("arrange/1", {r.output_gradients[0]}, {r.attributes[0], r.attributes[1]})};
  };
  registry.add(std::move(operation));
}

}  // namespace

Value arrange(Value x, int64_t axis, const std::vector<Places>& places, double fill) {
  const int64_t length = x.shape()[counted(axis, x.shape().rank())];
  if (places.size() == 1 && places[0].first == 0 && places[0].step == 1 && places[0].count == length) {
    return x;
  }
  return x.graph->apply("arrange/1", {x}, {Attribute::of(axis), packed(places), Attribute::of(fill)});
}

Value arrange_transpose(Value x, int64_t axis, const std::vector<Places>& places, int64_t length) {
  return x.graph->apply("arrange_transpose/1", {x}, {Attribute::of(axis), packed(places), Attribute::of(length)});
}

Value join(std::vector<Value> parts, int64_t axis) {
  const Operation& concatenate = OperationRegistry::instance().get("concatenate/1");
  while (parts.size() > 1) {
    std::vector<Value> joined;
    for (size_t first = 0; first < parts.size(); first += concatenate.max_inputs) {
      const size_t count = std::min(concatenate.max_inputs, parts.size() - first);
      joined.push_back(
          parts[0].graph->apply(concatenate, std::span(parts).subspan(first, count), {Attribute::of(axis)}).front());
    }
    parts = std::move(joined);
  }
  return parts[0];
}

void register_arrange(OperationRegistry& registry) {
  register_pick(registry);
  register_pick_transpose(registry);
}

}  // namespace atelier::ops
