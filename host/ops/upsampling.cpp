// Images made larger (or, bilinearly, smaller). All of it is linear: the gradient of each is its transpose, whose
// gradient is the operation itself.
#include "kernels/upsampling.hpp"

#include <fmt/format.h>

#include "ops/functions.hpp"
#include "ops/operations.hpp"

namespace atelier::ops {
namespace {

// Which is how a sum over blocks is transposed.
void register_nearest(OperationRegistry& registry) {
  Operation operation{.name = "upsample_nearest2d/1",
                      .summary = "x (B, C, H, W) -> (B, C, factor[0] H, factor[1] W): each pixel becomes a block",
                      .attributes = {integers("factor")}};
  operation.infer = [](const Inference& in) -> Types {
    in.require_real(0);
    in.require_rank(0, 4, "(B, C, H, W)");
    const Axes& factor = in.integers(0);
    in.require(factor.size() == 2 && factor[0] >= 1 && factor[1] >= 1,
               "got a factor of [{}], expected two integers of at least 1", fmt::join(factor, ", "));
    const Shape& x = in.shape(0);
    in.require(x[2] >= 1 && x[3] >= 1, "got x of {}, expected at least one pixel", to_string(x));
    return {{Shape{x[0], x[1], product(in, x[2], factor[0]), product(in, x[3], factor[1])}, in.real()}};
  };
  operation.composed = [](Graph& graph, std::span<const Value> inputs, const Attributes& attributes) -> Values {
    const Axes& factor = attributes[0].integers;
    const Shape& x = inputs[0].shape();
    const Axes image{x[2] * factor[0], x[3] * factor[1]};
    return {channels_first(graph.apply("sum_pool2d_spread/1", {channels_last(inputs[0])},
                                       {Attribute::of(factor), Attribute::of(factor), Attribute::of(Axes(4, 0)),
                                        Attribute::of(int64_t{0}), Attribute::of(image)}))};
  };
  registry.add(std::move(operation));
}

// small and large are (B, H, W, C).
kernels::ResizeSpec spec_of(const Shape& x, const Shape& y) {
  return {.batch = x[0], .height = x[1], .width = x[2], .out_height = y[1], .out_width = y[2], .channels = x[3]};
}

using MakeResize = std::unique_ptr<kernels::Kernel> (*)(const kernels::ResizeSpec&, DType);

// (B, H, W, C) -> (B, size, C). The transpose's input is what the other's output is.
void register_resize(OperationRegistry& registry, const char* name, const char* transpose, bool transposed,
                     MakeResize make) {
  Operation operation{.name = name, .attributes = {integers("size")}};
  operation.infer = [](const Inference& in) -> Types {
    in.require_real(0);
    in.require_rank(0, 4, "(B, H, W, C)");
    const Shape& from = in.shape(0);
    const Axes& size = in.integers(0);
    in.require(size.size() == 2 && size[0] >= 1 && size[1] >= 1 && from[1] >= 1 && from[2] >= 1,
               "got a size of [{}] for an image of {}, expected rows and columns", fmt::join(size, ", "),
               to_string(from));
    return {{Shape{from[0], size[0], size[1], from[3]}, in.real()}};
  };
  operation.kernel = [transposed, make](const KernelRequest& request) {
    const Shape& from = request.inputs[0].shape;
    const Shape& to = request.outputs[0].shape;
    return make(transposed ? spec_of(to, from) : spec_of(from, to), request.dtype());
  };
  operation.gradient = [transpose](const GradientRequest& r) -> Values {
    const Axes size{r.inputs[0].shape()[1], r.inputs[0].shape()[2]};
    return {r.graph.apply(transpose, {r.output_gradients[0]}, {Attribute::of(size)})};
  };
  registry.add(std::move(operation));
}

void register_bilinear(OperationRegistry& registry) {
  Operation operation{.name = "upsample_bilinear2d/1",
                      .summary =
                          "x (B, C, H, W) -> (B, C, size...): interpolated bilinearly, to any number of rows and "
                          "columns; pixels are areas, and their corners, not their middles, keep their places",
                      .attributes = {integers("size")}};
  operation.infer = [](const Inference& in) -> Types {
    in.require_real(0);
    in.require_rank(0, 4, "(B, C, H, W)");
    const Shape& x = in.shape(0);
    const Axes& size = in.integers(0);
    require_size(in, size);
    in.require(x[2] >= 1 && x[3] >= 1, "got x of {}, expected at least one pixel", to_string(x));
    return {{Shape{x[0], x[1], size[0], size[1]}, in.real()}};
  };
  operation.composed = [](Graph& graph, std::span<const Value> inputs, const Attributes& attributes) -> Values {
    return {channels_first(graph.apply("resize_bilinear/1", {channels_last(inputs[0])}, attributes))};
  };
  registry.add(std::move(operation));
}

}  // namespace

void register_upsampling(OperationRegistry& registry) {
  register_nearest(registry);
  register_resize(registry, "resize_bilinear/1", "resize_bilinear_transpose/1", false, kernels::make_resize_bilinear);
  register_resize(registry, "resize_bilinear_transpose/1", "resize_bilinear/1", true,
                  kernels::make_resize_bilinear_transpose);
  register_bilinear(registry);
}

}  // namespace atelier::ops
