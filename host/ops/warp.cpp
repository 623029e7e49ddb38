// Spatial transformers (Jaderberg et al. 2015): an image sampled where an affine map sends the pixels of the result.
// The sampling is linear in the image; its derivatives in the places are again samplings, with the derivative of the
// bilinear kernel along one axis, so that all of it can be differentiated again. (Of the kernel the second derivative
// is 0 between pixels.)
#include "kernels/warp.hpp"

#include <fmt/format.h>

#include "ops/functions.hpp"
#include "ops/operations.hpp"
#include "ops/sampling.hpp"

namespace atelier::ops {
namespace {

// -> (H W, 3): column and row of each pixel's middle, from -1 to 1, and 1
void register_pixel_places(OperationRegistry& registry) {
  Operation places{.name = "pixel_places/1", .min_inputs = 0, .max_inputs = 0, .attributes = {integers("size")}};
  places.differentiability = Differentiability::constant;
  places.infer = [](const Inference& in) -> Types {
    const Axes& size = in.integers(0);
    require_size(in, size);
    return {{Shape{product(in, size[0], size[1]), 3}, in.real()}};
  };
  places.kernel = [](const KernelRequest& request) {
    return kernels::make_pixel_places(request.integers(0)[0], request.integers(0)[1], request.dtype());
  };
  registry.add(std::move(places));
}

// Whether the derivative of the bilinear kernel stands in its place, along rows and along columns.
struct Derived {
  int64_t row = 0;
  int64_t column = 0;

  explicit Derived(const Attribute& attribute) : row(attribute.integers[0]), column(attribute.integers[1]) {}
  Derived(int64_t by_row, int64_t by_column) : row(by_row), column(by_column) {}
  [[nodiscard]] Attribute attribute() const { return Attribute::of(Axes{row, column}); }
};

void require_derived(const Inference& in, const Axes& derived) {
  in.require(derived.size() == 2 && derived[0] >= 0 && derived[0] <= 1 && derived[1] >= 0 && derived[1] <= 1,
             "got derivatives of [{}], expected 0 or 1 along rows and along columns", fmt::join(derived, ", "));
}

kernels::SampleSpec spec_of(const Shape& x, const Shape& grid, const Derived& derived) {
  return {.batch = x[0],
          .height = x[1],
          .width = x[2],
          .out_height = grid[1],
          .out_width = grid[2],
          .channels = x[3],
          .derive_row = derived.row != 0,
          .derive_column = derived.column != 0};
}

Value sample(Value x, Value grid, const Derived& derived) {
  return x.graph->apply("sample_bilinear/1", {x, grid}, {derived.attribute()});
}

// The gradient in the grid of the sum of sampled(x) g.
Value grid_gradient(Value x, Value grid, Value g, const Derived& derived) {
  const auto along = [&](bool rows) {
    if ((rows ? derived.row : derived.column) != 0) {
      const Shape& places = grid.shape();
      return broadcast_to(scalar(*grid.graph, 0), {places[0], places[1], places[2], 1});
    }
    const Derived more(rows ? 1 : derived.row, rows ? derived.column : 1);
    return sum(g * sample(x, grid, more), {3}, true);
  };
  return grid.graph->apply("concatenate/1", {along(false), along(true)}, {Attribute::of(int64_t{3})});
}

// x (B, H, W, C), grid (B, H', W', 2) -> (B, H', W', C)
void register_sample(OperationRegistry& registry) {
  Operation operation{.name = "sample_bilinear/1", .min_inputs = 2, .max_inputs = 2};
  operation.attributes = {integers("derivative", {0, 0})};
  operation.infer = [](const Inference& in) -> Types {
    in.require_real(0);
    in.require_rank(0, 4, "(B, H, W, C)");
    require_grid(in, 1, in.shape(0)[0]);
    require_derived(in, in.integers(0));
    const Shape& x = in.shape(0);
    in.require(x[1] >= 1 && x[2] >= 1, "got x of {}, expected at least one pixel", to_string(x));
    return {{Shape{x[0], in.shape(1)[1], in.shape(1)[2], x[3]}, in.real()}};
  };
  operation.kernel = [](const KernelRequest& request) {
    return kernels::make_sample(
        spec_of(request.inputs[0].shape, request.inputs[1].shape, Derived(request.attributes[0])), request.dtype());
  };
  operation.gradient = [](const GradientRequest& r) -> Values {
    const Derived derived(r.attributes[0]);
    const Value x = r.inputs[0];
    const Value g = r.output_gradients[0];
    const Attribute image = Attribute::of(Axes{x.shape()[1], x.shape()[2]});
    Values out(2);
    if (r.needed[0] != 0) {
      out[0] = r.graph.apply("sample_bilinear_transpose/1", {g, r.inputs[1]}, {derived.attribute(), image});
    }
    if (r.needed[1] != 0) {
      out[1] = grid_gradient(x, r.inputs[1], g, derived);
    }
    return out;
  };
  registry.add(std::move(operation));
}

// g (B, H', W', C), grid (B, H', W', 2) -> dx (B, image, C)
void register_sample_transpose(OperationRegistry& registry) {
  Operation operation{.name = "sample_bilinear_transpose/1", .min_inputs = 2, .max_inputs = 2};
  operation.attributes = {integers("derivative", {0, 0}), integers("image")};
  operation.infer = [](const Inference& in) -> Types {
    in.require_real(0);
    in.require_rank(0, 4, "(B, H', W', C)");
    require_grid(in, 1, in.shape(0)[0]);
    require_derived(in, in.integers(0));
    const Shape& g = in.shape(0);
    const Axes& image = in.integers(1);
    in.require(image.size() == 2 && image[0] >= 1 && image[1] >= 1 && g[1] == in.shape(1)[1] && g[2] == in.shape(1)[2],
               "got a gradient of {}, a grid of {} and an image of [{}], expected rows and columns, and a gradient for "
               "each place",
               to_string(g), to_string(in.shape(1)), fmt::join(image, ", "));
    return {{Shape{g[0], image[0], image[1], g[3]}, in.real()}};
  };
  operation.kernel = [](const KernelRequest& request) {
    return kernels::make_sample_transpose(
        spec_of(request.outputs[0].shape, request.inputs[1].shape, Derived(request.attributes[0])), request.dtype());
  };
  operation.gradient = [](const GradientRequest& r) -> Values {
    const Derived derived(r.attributes[0]);
    const Value h = r.output_gradients[0];
    Values out(2);
    out[0] = r.needed[0] != 0 ? sample(h, r.inputs[1], derived) : Value{};
    out[1] = r.needed[1] != 0 ? grid_gradient(h, r.inputs[1], r.inputs[0], derived) : Value{};
    return out;
  };
  registry.add(std::move(operation));
}

// Places of an image in units of its pixels: where a map sends those of the result, both from -1 to 1 from edge to
// edge.
Value affine_grid(Value matrix, const Axes& size, const Shape& x) {
  const int64_t batch = matrix.shape()[0];
  const Value places = matrix.graph->apply("pixel_places/1", {}, {Attribute::of(size)});
  const Value mapped = gemm(reshape(places, {1, size[0] * size[1], 3}), matrix, false, true);  // (B, H' W', 2)
  const auto half = [&](int64_t length) { return static_cast<double>(length) / 2; };
  Graph& graph = *matrix.graph;
  const Value grid = mapped * column_and_row(graph, half(x[3]), half(x[2])) +
                     column_and_row(graph, half(x[3]) - 0.5, half(x[2]) - 0.5);
  return reshape(grid, {batch, size[0], size[1], 2});
}

void register_warp_itself(OperationRegistry& registry) {
  Operation operation{.name = "warp/1",
                      .summary =
                          "x (B, C, H, W), matrix (B, 2, 3) -> (B, C, size...): pixel (u, v) of the result is x at "
                          "matrix (u, v, 1), bilinearly, and 0 outside (Jaderberg et al. 2015). Columns come before "
                          "rows in the matrix; both run from -1 to 1, from edge to edge. No size: that of x",
                      .min_inputs = 2,
                      .max_inputs = 2,
                      .attributes = {integers("size", {})}};
  operation.infer = [](const Inference& in) -> Types {
    in.require_real(0);
    in.require_real(1);
    in.require_rank(0, 4, "(B, C, H, W)");
    const Shape& x = in.shape(0);
    const Shape& matrix = in.shape(1);
    const Axes& size = in.integers(0);
    in.require(x[2] >= 1 && x[3] >= 1, "got x of {}, expected at least one pixel", to_string(x));
    in.require(matrix == Shape{x[0], 2, 3}, "got matrices of {}, expected {}: a map for each image", to_string(matrix),
               to_string(Shape{x[0], 2, 3}));
    if (!size.empty()) {
      require_size(in, size);
    }
    return {{size.empty() ? x : Shape{x[0], x[1], size[0], size[1]}, in.real()}};
  };
  operation.composed = [](Graph&, std::span<const Value> inputs, const Attributes& attributes) -> Values {
    const Shape& x = inputs[0].shape();
    const Axes size = attributes[0].integers.empty() ? Axes{x[2], x[3]} : attributes[0].integers;
    const Value grid = affine_grid(inputs[1], size, x);
    return {channels_first(sample(channels_last(inputs[0]), grid, Derived(0, 0)))};
  };
  registry.add(std::move(operation));
}

}  // namespace

Value column_and_row(Graph& graph, double column, double row) {
  return graph.apply("concatenate/1", {reshape(scalar(graph, column), {1}), reshape(scalar(graph, row), {1})},
                     {Attribute::of(int64_t{0})});
}

void require_grid(const Inference& in, size_t i, int64_t batch) {
  in.require_real(i);
  const Shape& grid = in.shape(i);
  in.require(grid.rank() == 4 && grid[3] == 2 && grid[0] == batch,
             "got a grid of {}, expected (B, H', W', 2) for {} images", to_string(grid), batch);
}

void register_warp(OperationRegistry& registry) {
  register_pixel_places(registry);
  register_sample(registry);
  register_sample_transpose(registry);
  register_warp_itself(registry);
}

}  // namespace atelier::ops
