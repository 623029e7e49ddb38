// Other orders and other views of the same elements, of every type: axes swapped, added, left out; tensors stacked,
// tiled, flipped, rolled, and sliced with a step.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <numeric>

#include "ops/arrange.hpp"
#include "ops/operations.hpp"

namespace atelier::ops {
namespace {

int64_t integer_of(const Attributes& attributes, size_t i) {
  return attributes[i].scalar.constant.integer;
}

// The axes of a list, each at most once.
Axes checked_axes(const Inference& in, const Axes& axes, size_t rank) {
  Axes out;
  for (const int64_t axis : axes) {
    out.push_back(static_cast<int64_t>(in.axis(axis, rank)));
    in.require(std::ranges::count(out, out.back()) == 1, "got the axes ({}), expected each at most once",
               fmt::join(axes, ", "));
  }
  return out;
}

void register_transpose(OperationRegistry& registry) {
  Operation operation{.name = "transpose/1"};
  operation.summary = "x any (...) -> (...): two axes swapped, by default the last two";
  operation.attributes = {integer("first", -2), integer("second", -1)};
  operation.infer = [](const Inference& in) -> Types {
    Shape out = in.shape(0);
    const size_t first = in.axis(in.integer(0), out.rank());
    const size_t second = in.axis(in.integer(1), out.rank());
    std::swap(out[first], out[second]);
    return {{out, in.input(0).dtype}};
  };
  operation.composed = [](Graph&, std::span<const Value> inputs, const Attributes& attributes) -> Values {
    const size_t rank = inputs[0].shape().rank();
    Axes axes(rank);
    std::iota(axes.begin(), axes.end(), 0);
    const size_t first = counted(integer_of(attributes, 0), rank);
    const size_t second = counted(integer_of(attributes, 1), rank);
    std::swap(axes[first], axes[second]);
    return {first == second ? inputs[0] : permute(inputs[0], axes)};
  };
  registry.add(std::move(operation));
}

// ---- Axes of length 1

Shape squeezed(const Shape& from, const Axes& axes) {
  Shape out;
  for (size_t axis = 0; axis < from.rank(); ++axis) {
    const bool named = std::ranges::any_of(axes, [&](int64_t one) { return counted(one, from.rank()) == axis; });
    if (from[axis] != 1 || (!axes.empty() && !named)) {
      out.append(from[axis]);
    }
  }
  return out;
}

void register_squeeze(OperationRegistry& registry) {
  Operation operation{.name = "squeeze/1"};
  operation.summary =
      "x any (...) -> (...): without these axes, each of length 1; where none is given, without all of length 1";
  operation.attributes = {integers("axes", {})};
  operation.infer = [](const Inference& in) -> Types {
    const Shape& from = in.shape(0);
    for (const int64_t axis : checked_axes(in, in.integers(0), from.rank())) {
      in.require(from[static_cast<size_t>(axis)] == 1, "got axis {} of {}, expected an axis of length 1", axis,
                 to_string(from));
    }
    return {{squeezed(from, in.integers(0)), in.input(0).dtype}};
  };
  operation.composed = [](Graph&, std::span<const Value> inputs, const Attributes& attributes) -> Values {
    return {reshape(inputs[0], squeezed(inputs[0].shape(), attributes[0].integers))};
  };
  registry.add(std::move(operation));
}

// An axis of a tensor that has one more than `shape`.
Shape with_axis(const Shape& shape, size_t axis, int64_t length) {
  Axes dims = dims_of(shape);
  dims.insert(dims.begin() + static_cast<std::ptrdiff_t>(axis), length);
  return Shape(dims);
}

void register_unsqueeze(OperationRegistry& registry) {
  Operation operation{.name = "unsqueeze/1"};
  operation.summary = "x any (...) -> (..., 1, ...): with a new axis of length 1, which is then axis `axis`";
  operation.attributes = {integer("axis")};
  operation.infer = [](const Inference& in) -> Types {
    const size_t axis = in.axis(in.integer(0), in.shape(0).rank() + 1);
    return {{with_axis(in.shape(0), axis, 1), in.input(0).dtype}};
  };
  operation.composed = [](Graph&, std::span<const Value> inputs, const Attributes& attributes) -> Values {
    const Shape& from = inputs[0].shape();
    return {reshape(inputs[0], with_axis(from, counted(integer_of(attributes, 0), from.rank() + 1), 1))};
  };
  registry.add(std::move(operation));
}

void register_stack(OperationRegistry& registry) {
  Operation operation{.name = "stack/1"};
  operation.summary =
      "parts... any (...) -> (..., number of parts, ...): along a new axis, which is then axis `axis`; all of one "
      "shape";
  operation.max_inputs = OperationRegistry::instance().get("concatenate/1").max_inputs;
  operation.attributes = {integer("axis", 0)};
  operation.infer = [](const Inference& in) -> Types {
    const size_t axis = in.axis(in.integer(0), in.shape(0).rank() + 1);
    for (size_t i = 1; i < in.count(); ++i) {
      in.require(in.input(i) == in.input(0), "got {} beside {}, expected equal shapes and types",
                 to_string(in.input(i)), to_string(in.input(0)));
    }
    return {{with_axis(in.shape(0), axis, static_cast<int64_t>(in.count())), in.input(0).dtype}};
  };
  operation.composed = [](Graph&, std::span<const Value> inputs, const Attributes& attributes) -> Values {
    const Shape& shape = inputs[0].shape();
    const size_t axis = counted(integer_of(attributes, 0), shape.rank() + 1);
    Values parts;
    for (const Value& input : inputs) {
      parts.push_back(reshape(input, with_axis(shape, axis, 1)));
    }
    return {join(parts, static_cast<int64_t>(axis))};
  };
  registry.add(std::move(operation));
}

// ---- Repeating

constexpr int64_t most_repeats = int64_t{1} << 24U;

void require_repeats(const Inference& in, int64_t repeats) {
  in.require(repeats >= 0 && repeats <= most_repeats, "got {} repeats, expected 0 to {}", repeats, most_repeats);
}

void register_tile(OperationRegistry& registry) {
  Operation operation{.name = "tile/1"};
  operation.summary = "x any (N_i...) -> (repeats[i] N_i...): side by side with itself, so often along each axis";
  operation.attributes = {integers("repeats")};
  operation.infer = [](const Inference& in) -> Types {
    Shape out = in.shape(0);
    const Axes& repeats = in.integers(0);
    in.require(repeats.size() == out.rank(), "got repeats of [{}] for a tensor of {}, expected one for each axis",
               fmt::join(repeats, ", "), to_string(out));
    for (size_t axis = 0; axis < out.rank(); ++axis) {
      require_repeats(in, repeats[axis]);
      out[axis] = product(in, out[axis], repeats[axis]);
    }
    return {{out, in.input(0).dtype}};
  };
  operation.composed = [](Graph&, std::span<const Value> inputs, const Attributes& attributes) -> Values {
    Value out = inputs[0];
    for (size_t axis = 0; axis < out.shape().rank(); ++axis) {
      const auto repeats = static_cast<size_t>(attributes[0].integers[axis]);
      const Places whole{.count = out.shape()[axis]};
      out = arrange(out, static_cast<int64_t>(axis), std::vector(whole.count == 0 ? 0 : repeats, whole));
    }
    return {out};
  };
  registry.add(std::move(operation));
}

void register_repeat(OperationRegistry& registry) {
  Operation operation{.name = "repeat/1"};
  operation.summary = "x any (..., N, ...) -> (..., repeats N, ...): each row along an axis so often after itself";
  operation.attributes = {integer("repeats"), integer("axis", 0)};
  operation.infer = [](const Inference& in) -> Types {
    Shape out = in.shape(0);
    const size_t axis = in.axis(in.integer(1), out.rank());
    require_repeats(in, in.integer(0));
    out[axis] = product(in, out[axis], in.integer(0));
    return {{out, in.input(0).dtype}};
  };
  operation.composed = [](Graph&, std::span<const Value> inputs, const Attributes& attributes) -> Values {
    const int64_t repeats = integer_of(attributes, 0);
    if (repeats == 1) {
      return {inputs[0]};
    }
    Shape out = inputs[0].shape();
    const size_t axis = counted(integer_of(attributes, 1), out.rank());
    int64_t rows = 1;
    int64_t row = 1;  // its elements
    for (size_t i = 0; i < out.rank(); ++i) {
      (i <= axis ? rows : row) *= out[i];
    }
    out[axis] *= repeats;
    return {reshape(broadcast_to(reshape(inputs[0], {rows, 1, row}), {rows, repeats, row}), out)};
  };
  registry.add(std::move(operation));
}

// ---- Other orders along an axis

void register_flip(OperationRegistry& registry) {
  Operation operation{.name = "flip/1"};
  operation.summary = "x any (...) -> (...): in the reversed order along these axes";
  operation.attributes = {integers("axes")};
  operation.infer = [](const Inference& in) -> Types {
    (void)checked_axes(in, in.integers(0), in.shape(0).rank());
    return {in.input(0)};
  };
  operation.composed = [](Graph&, std::span<const Value> inputs, const Attributes& attributes) -> Values {
    Value out = inputs[0];
    for (const int64_t axis : attributes[0].integers) {
      const int64_t length = out.shape()[counted(axis, out.shape().rank())];
      out = arrange(out, axis, {{.first = length - 1, .step = -1, .count = length}});
    }
    return {out};
  };
  registry.add(std::move(operation));
}

void register_roll(OperationRegistry& registry) {
  Operation operation{.name = "roll/1"};
  operation.summary =
      "x any (...) -> (...): moved by shifts[i] places along axis axes[i]; what leaves at the end comes in at the "
      "beginning";
  operation.attributes = {integers("shifts"), integers("axes")};
  operation.infer = [](const Inference& in) -> Types {
    in.require(in.integers(0).size() == in.integers(1).size(), "got {} shifts for {} axes, expected one for each",
               in.integers(0).size(), in.integers(1).size());
    (void)checked_axes(in, in.integers(1), in.shape(0).rank());
    return {in.input(0)};
  };
  operation.composed = [](Graph&, std::span<const Value> inputs, const Attributes& attributes) -> Values {
    Value out = inputs[0];
    for (size_t i = 0; i < attributes[1].integers.size(); ++i) {
      const int64_t axis = attributes[1].integers[i];
      const int64_t length = std::max<int64_t>(1, out.shape()[counted(axis, out.shape().rank())]);
      const int64_t shift = (attributes[0].integers[i] % length + length) % length;
      if (shift != 0) {
        out = arrange(out, axis, {{.first = length - shift, .count = shift}, {.first = 0, .count = length - shift}});
      }
    }
    return {out};
  };
  registry.add(std::move(operation));
}

// Python's x[start:stop:step] on an axis of `length`.
Places stepped(int64_t length, int64_t start, int64_t stop, int64_t step) {
  const auto inside = [&](int64_t place) {
    place = place < 0 ? place + length : place;
    return step > 0 ? std::clamp<int64_t>(place, 0, length) : std::clamp<int64_t>(place, -1, length - 1);
  };
  const int64_t first = inside(start);
  const int64_t span = step > 0 ? inside(stop) - first : first - inside(stop);
  const int64_t stride = std::abs(step);
  return {first, step, span <= 0 ? 0 : (span - 1) / stride + 1};
}

void register_strided_slice(OperationRegistry& registry) {
  Operation operation{.name = "strided_slice/1"};
  operation.summary =
      "x any (..., N, ...) -> (..., M, ...): Python's x[start:stop:step] along one axis; negative places count from "
      "the end, those outside are moved to it, and a negative step goes backwards";
  operation.attributes = {integer("axis"), integer("start"), integer("stop"), integer("step", 1)};
  operation.infer = [](const Inference& in) -> Types {
    Shape out = in.shape(0);
    const size_t axis = in.axis(in.integer(0), out.rank());
    in.require(in.integer(3) != 0, "got a step of 0, expected a step forwards or backwards");
    out[axis] = stepped(out[axis], in.integer(1), in.integer(2), in.integer(3)).count;
    return {{out, in.input(0).dtype}};
  };
  operation.composed = [](Graph&, std::span<const Value> inputs, const Attributes& attributes) -> Values {
    const int64_t axis = integer_of(attributes, 0);
    const int64_t length = inputs[0].shape()[counted(axis, inputs[0].shape().rank())];
    return {
        arrange(inputs[0], axis,
                {stepped(length, integer_of(attributes, 1), integer_of(attributes, 2), integer_of(attributes, 3))})};
  };
  registry.add(std::move(operation));
}

}  // namespace

void register_rearranging(OperationRegistry& registry) {
  register_transpose(registry);
  register_squeeze(registry);
  register_unsqueeze(registry);
  register_stack(registry);
  register_tile(registry);
  register_repeat(registry);
  register_flip(registry);
  register_roll(registry);
  register_strided_slice(registry);
}

}  // namespace atelier::ops
