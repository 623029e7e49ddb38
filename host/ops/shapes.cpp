// Other views of the same elements: nothing is moved.
#include <fmt/format.h>

#include <algorithm>

#include "ops/functions.hpp"
#include "ops/operations.hpp"

namespace atelier::ops {
namespace {

// One length may be -1: what is left of the elements.
Shape complete_shape(const Inference& in) {
  const Shape& from = in.shape(0);
  Axes dims = in.integers(0);
  const auto open = std::ranges::find(dims, -1);
  const std::string wanted = fmt::format("({})", fmt::join(dims, ", "));
  if (open != dims.end()) {
    in.require(std::ranges::count(dims, -1) == 1, "got {}, expected at most one length of -1", wanted);
    *open = 1;
  }
  in.require(std::ranges::all_of(dims, [](int64_t length) { return length >= 0; }),
             "got {}, expected lengths of at least 0, or one -1", wanted);
  const int64_t known = Shape(dims).elements();
  if (open != dims.end()) {
    *open = known == 0 ? 0 : from.elements() / known;
  }
  in.require(Shape(dims).elements() == from.elements(), "got {} for a tensor of {} with {} elements, expected as many",
             wanted, to_string(from), from.elements());
  return Shape(dims);
}

void register_reshape(OperationRegistry& registry) {
  Operation reshape{
      .name = "reshape/1",
      .summary =
          "x any (...) -> (dims): the same elements in row-major order; one length may be -1, what is left of them",
      .attributes = {integers("dims")},
      .view = true};
  reshape.infer = [](const Inference& in) -> Types { return {{complete_shape(in), in.input(0).dtype}}; };
  reshape.gradient = [](const GradientRequest& r) -> Values {
    return {ops::reshape(r.output_gradients[0], r.inputs[0].shape())};
  };
  registry.add(std::move(reshape));
}

void register_detach(OperationRegistry& registry) {
  Operation detach{.name = "detach/1",
                   .summary = "x any (...) -> (...): the same values, through which no gradient flows",
                   .differentiability = Differentiability::constant,
                   .view = true};
  detach.infer = [](const Inference& in) -> Types { return {in.input(0)}; };
  detach.on_channels_last = [](std::span<const Value> images, const Attributes&) { return ops::detach(images[0]); };
  registry.add(std::move(detach));
}

// What an operation that changes nothing stands for; the attribute tells them apart (record::Operation::unchanged).
void register_same(OperationRegistry& registry) {
  Operation same{.name = "same/1", .attributes = {integer("operation")}, .view = true};
  same.infer = [](const Inference& in) -> Types { return {in.input(0)}; };
  same.gradient = [](const GradientRequest& r) -> Values { return {r.output_gradients[0]}; };
  registry.add(std::move(same));
}

}  // namespace

void register_shapes(OperationRegistry& registry) {
  register_reshape(registry);
  register_same(registry);
  register_detach(registry);
}

}  // namespace atelier::ops
