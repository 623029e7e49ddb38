// Images sampled on any grid, as PyTorch's grid_sample. Places are from -1 to 1 between the outer edges of the
// outermost pixels or, with align_corners, between their middles.
#include <fmt/format.h>

#include "kernels/warp.hpp"
#include "ops/functions.hpp"
#include "ops/operations.hpp"
#include "ops/sampling.hpp"

namespace atelier::ops {
namespace {

kernels::SampleSpec nearest_spec(const Shape& x, const Shape& grid) {
  return {.batch = x[0],
          .height = x[1],
          .width = x[2],
          .out_height = grid[1],
          .out_width = grid[2],
          .channels = x[3],
          .nearest = true};
}

// x (B, H, W, C), grid (B, H', W', 2) in units of pixels -> (B, H', W', C): the pixel next to each place. It does not
// change where the places move a little.
void register_sample_nearest(OperationRegistry& registry) {
  Operation operation{.name = "sample_nearest/1", .min_inputs = 2, .max_inputs = 2};
  operation.infer = [](const Inference& in) -> Types {
    return {{Shape{in.shape(0)[0], in.shape(1)[1], in.shape(1)[2], in.shape(0)[3]}, in.real()}};
  };
  operation.kernel = [](const KernelRequest& request) {
    return kernels::make_sample(nearest_spec(request.inputs[0].shape, request.inputs[1].shape), request.dtype());
  };
  operation.gradient = [](const GradientRequest& r) -> Values {
    const Shape& x = r.inputs[0].shape();
    return {r.graph.apply("sample_nearest_transpose/1", {r.output_gradients[0], r.inputs[1]},
                          {Attribute::of(Axes{x[1], x[2]})}),
            {}};
  };
  registry.add(std::move(operation));
}

// g (B, H', W', C), grid (B, H', W', 2) -> dx (B, image, C)
void register_sample_nearest_transpose(OperationRegistry& registry) {
  Operation operation{.name = "sample_nearest_transpose/1", .min_inputs = 2, .max_inputs = 2};
  operation.attributes = {integers("image")};
  operation.infer = [](const Inference& in) -> Types {
    const Shape& g = in.shape(0);
    return {{Shape{g[0], in.integers(0)[0], in.integers(0)[1], g[3]}, in.real()}};
  };
  operation.kernel = [](const KernelRequest& request) {
    return kernels::make_sample_transpose(nearest_spec(request.outputs[0].shape, request.inputs[1].shape),
                                          request.dtype());
  };
  operation.gradient = [](const GradientRequest& r) -> Values {
    return {r.graph.apply("sample_nearest/1", {r.output_gradients[0], r.inputs[1]}), {}};
  };
  registry.add(std::move(operation));
}

enum class Outside : uint8_t { zeros, border, reflection };

Value one_op(const char* name, Value x) {
  return x.graph->apply(name, {x});
}

// From the smallest to the largest place; what lies outside is held there.
Value held(Value places, Value smallest, Value largest) {
  const Value above = select(less(places, smallest), smallest, places);
  return select(greater(above, largest), largest, above);
}

// Mirrored at the edges, as often as it takes: places in [low, low + span].
Value mirrored(Value places, Value low, Value span) {
  const Value away = one_op("abs/1", places - low);
  const Value crossings = one_op("floor/1", away / span);
  const Value rest = away - crossings * span;
  const Value odd = crossings - 2.0 * one_op("floor/1", 0.5 * crossings);
  return select(odd, span - rest, rest) + low;
}

// The grid in units of the pixels of x (B, C, H, W).
Value places_of(Value grid, const Shape& x, Outside outside, bool align_corners) {
  Graph& graph = *grid.graph;
  const auto both = [&](double of_columns, double of_rows) { return column_and_row(graph, of_columns, of_rows); };
  const auto width = static_cast<double>(x[3]);
  const auto height = static_cast<double>(x[2]);
  const Value last = both(width - 1, height - 1);
  Value places = align_corners ? 0.5 * ((grid + 1.0) * last) : 0.5 * ((grid + 1.0) * both(width, height) + -1.0);
  const Value first = both(0, 0);
  if (outside == Outside::reflection && align_corners) {
    // An image of one row or column has nowhere to be mirrored: all its places are that one.
    places = mirrored(places, first, both(width > 1 ? width - 1 : 1, height > 1 ? height - 1 : 1));
  } else if (outside == Outside::reflection) {
    places = mirrored(places, both(-0.5, -0.5), both(width, height));
  }
  return outside == Outside::zeros ? places : held(places, first, last);
}

void register_grid_sample_itself(OperationRegistry& registry) {
  Operation operation{.name = "grid_sample/1", .min_inputs = 2, .max_inputs = 2};
  operation.summary =
      "x (B, C, H, W), grid (B, H', W', 2) -> (B, C, H', W'): x at the columns and rows of the grid, from -1 to 1. "
      "`nearest` is 0 for bilinear, 1 for the next pixel. `outside` is 0 for zeros, 1 for the border's pixels, 2 for a "
      "mirror. -1 and 1 are the image's outer edges, or with `align_corners` the middles of its outermost pixels";
  operation.attributes = {integer("nearest", 0), integer("outside", 0), integer("align_corners", 0)};
  operation.infer = [](const Inference& in) -> Types {
    in.require_real(0);
    in.require_rank(0, 4, "(B, C, H, W)");
    const Shape& x = in.shape(0);
    require_grid(in, 1, x[0]);
    in.require(x[2] >= 1 && x[3] >= 1, "got x of {}, expected at least one pixel", to_string(x));
    in.require(in.integer(0) == 0 || in.integer(0) == 1, "got nearest of {}, expected 0 or 1", in.integer(0));
    in.require(in.integer(1) >= 0 && in.integer(1) <= 2,
               "got outside of {}, expected 0 for zeros, 1 for the border, or 2 for a reflection", in.integer(1));
    in.require(in.integer(2) == 0 || in.integer(2) == 1, "got align_corners of {}, expected 0 or 1", in.integer(2));
    return {{Shape{x[0], x[1], in.shape(1)[1], in.shape(1)[2]}, in.real()}};
  };
  operation.composed = [](Graph& graph, std::span<const Value> inputs, const Attributes& attributes) -> Values {
    const auto integer_at = [&](size_t i) { return attributes[i].scalar.constant.integer; };
    const Value places =
        places_of(inputs[1], inputs[0].shape(), static_cast<Outside>(integer_at(1)), integer_at(2) != 0);
    const char* sampling = integer_at(0) != 0 ? "sample_nearest/1" : "sample_bilinear/1";
    return {channels_first(graph.apply(sampling, {channels_last(inputs[0]), places}))};
  };
  registry.add(std::move(operation));
}

}  // namespace

void register_grid_sampling(OperationRegistry& registry) {
  register_sample_nearest(registry);
  register_sample_nearest_transpose(registry);
  register_grid_sample_itself(registry);
}

}  // namespace atelier::ops
