// Pooling of images. What runs works on (B, H, W, C): maxima with the gather and the scatter that are their gradients,
// and sums of windows with their transpose. Those are linear, so that every gradient is again one of them.
#include "kernels/pooling.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "ops/functions.hpp"
#include "ops/operations.hpp"

namespace atelier::ops {
namespace {

using kernels::PoolingDivisor;
using kernels::PoolingSpec;

// The attributes that all of them begin with.
std::vector<AttributeSpec> pooling_settings(std::vector<AttributeSpec> more = {}) {
  std::vector<AttributeSpec> out{integers("kernel"), integers("stride", {}), integers("padding", {0, 0, 0, 0})};
  out.insert(out.end(), more.begin(), more.end());
  return out;
}

// The windows of x (B, H, W, C). No stride means that of the kernel.
PoolingSpec spec_of(const Shape& x, const Axes& kernel, const Axes& given_stride, const Axes& padding) {
  const Axes& stride = given_stride.empty() ? kernel : given_stride;
  PoolingSpec spec;
  spec.batch = x[0];
  spec.height = x[1];
  spec.width = x[2];
  spec.channels = x[3];
  spec.kernel_height = kernel[0];
  spec.kernel_width = kernel[1];
  spec.stride_y = stride[0];
  spec.stride_x = stride[1];
  spec.pad_top = padding[0];
  spec.pad_bottom = padding[1];
  spec.pad_left = padding[2];
  spec.pad_right = padding[3];
  return spec;
}

PoolingSpec spec_of(const Shape& x, const Attributes& attributes) {
  return spec_of(x, attributes[0].integers, attributes[1].integers, attributes[2].integers);
}

// The same, after checking that the settings fit.
PoolingSpec spec_of(const Inference& in, const Shape& x) {
  const Axes& padding = in.integers(2);
  require_list(in, "kernel", in.integers(0), 2, 1);
  if (!in.integers(1).empty()) {
    require_list(in, "stride", in.integers(1), 2, 1);
  }
  require_list(in, "padding", padding, 4, 0);
  const PoolingSpec spec = spec_of(x, in.integers(0), in.integers(1), padding);
  in.require(
      std::max(padding[0], padding[1]) < spec.kernel_height && std::max(padding[2], padding[3]) < spec.kernel_width,
      "got a padding of [{}] for a kernel of {} x {}, expected less than the kernel on each side",
      fmt::join(padding, ", "), spec.kernel_height, spec.kernel_width);
  const int64_t height = spec.height + padding[0] + padding[1];
  const int64_t width = spec.width + padding[2] + padding[3];
  in.require(spec.height >= 1 && spec.width >= 1 && height >= spec.kernel_height && width >= spec.kernel_width,
             "got a kernel of {} x {} for a padded image of {} x {}; hint: pad more, or use a smaller kernel",
             spec.kernel_height, spec.kernel_width, height, width);
  return spec;
}

Shape pooled(const PoolingSpec& spec) {
  return {spec.batch, spec.out_height(), spec.out_width(), spec.channels};
}

// (B, C, H, W) to (B, H, W, C)
Shape turned(const Shape& x) {
  return {x[0], x[2], x[3], x[1]};
}

Attributes common(const Attributes& attributes) {
  return {attributes[0], attributes[1], attributes[2]};
}

// ---- Maxima

// x -> y
void register_max_forward(OperationRegistry& registry) {
  Operation operation{.name = "max_pool2d_forward/1", .attributes = pooling_settings()};
  operation.infer = [](const Inference& in) -> Types {
    in.require_real(0);
    in.require_rank(0, 4, "(B, H, W, C)");
    return {{pooled(spec_of(in, in.shape(0))), in.real()}};
  };
  operation.kernel = [](const KernelRequest& request) {
    return kernels::make_max_pool(spec_of(request.inputs[0].shape, request.attributes), request.dtype());
  };
  operation.gradient = [](const GradientRequest& r) -> Values {
    return {r.graph.apply("max_pool2d_scatter/1", {r.inputs[0], r.output_gradients[0]}, r.attributes)};
  };
  registry.add(std::move(operation));
}

// x, g as y -> dx: g where the windows of x have their maxima
void register_max_scatter(OperationRegistry& registry) {
  Operation operation{
      .name = "max_pool2d_scatter/1", .min_inputs = 2, .max_inputs = 2, .attributes = pooling_settings()};
  operation.infer = [](const Inference& in) -> Types {
    in.require_real(0);
    in.require_real(1);
    in.require_rank(0, 4, "(B, H, W, C)");
    const Shape expected = pooled(spec_of(in, in.shape(0)));
    in.require(in.shape(1) == expected, "got a gradient of {} for an image of {}, expected {}", to_string(in.shape(1)),
               to_string(in.shape(0)), to_string(expected));
    return {in.input(0)};
  };
  operation.kernel = [](const KernelRequest& request) {
    return kernels::make_max_pool_scatter(spec_of(request.inputs[0].shape, request.attributes), request.dtype());
  };
  operation.gradient = [](const GradientRequest& r) -> Values {
    return {{}, r.graph.apply("max_pool2d_gather/1", {r.inputs[0], r.output_gradients[0]}, r.attributes)};
  };
  registry.add(std::move(operation));
}

// x, u as x -> y: u where the windows of x have their maxima
void register_max_gather(OperationRegistry& registry) {
  Operation operation{
      .name = "max_pool2d_gather/1", .min_inputs = 2, .max_inputs = 2, .attributes = pooling_settings()};
  operation.infer = [](const Inference& in) -> Types {
    in.require_real(0);
    in.require_real(1);
    in.require_rank(0, 4, "(B, H, W, C)");
    in.require(in.shape(1) == in.shape(0), "got images of {} and {}, expected them alike", to_string(in.shape(0)),
               to_string(in.shape(1)));
    return {{pooled(spec_of(in, in.shape(0))), in.real()}};
  };
  operation.kernel = [](const KernelRequest& request) {
    return kernels::make_max_pool_gather(spec_of(request.inputs[0].shape, request.attributes), request.dtype());
  };
  operation.gradient = [](const GradientRequest& r) -> Values {
    return {{}, r.graph.apply("max_pool2d_scatter/1", {r.inputs[0], r.output_gradients[0]}, r.attributes)};
  };
  registry.add(std::move(operation));
}

// ---- Sums, over a divisor that is a kernels::PoolingDivisor

PoolingDivisor divisor_of(const Attributes& attributes) {
  return static_cast<PoolingDivisor>(attributes[3].scalar.constant.integer);
}

void require_divisor(const Inference& in) {
  in.require(in.integer(3) >= 0 && in.integer(3) <= static_cast<int64_t>(PoolingDivisor::window),
             "got a divisor of {}, expected 0, 1 or 2", in.integer(3));
}

// x -> y
void register_sum_forward(OperationRegistry& registry) {
  Operation operation{.name = "sum_pool2d/1", .attributes = pooling_settings({integer("divisor", 0)})};
  operation.infer = [](const Inference& in) -> Types {
    in.require_real(0);
    in.require_rank(0, 4, "(B, H, W, C)");
    require_divisor(in);
    return {{pooled(spec_of(in, in.shape(0))), in.real()}};
  };
  operation.kernel = [](const KernelRequest& request) {
    return kernels::make_sum_pool(spec_of(request.inputs[0].shape, request.attributes), divisor_of(request.attributes),
                                  request.dtype());
  };
  operation.gradient = [](const GradientRequest& r) -> Values {
    Attributes attributes = r.attributes;
    attributes.push_back(Attribute::of(Axes{r.inputs[0].shape()[1], r.inputs[0].shape()[2]}));
    return {r.graph.apply("sum_pool2d_spread/1", {r.output_gradients[0]}, std::move(attributes))};
  };
  registry.add(std::move(operation));
}

// g as y -> dx, whose rows and columns are `image`
void register_sum_spread(OperationRegistry& registry) {
  Operation operation{.name = "sum_pool2d_spread/1"};
  operation.attributes = pooling_settings({integer("divisor", 0), integers("image")});
  operation.infer = [](const Inference& in) -> Types {
    in.require_real(0);
    in.require_rank(0, 4, "(B, H, W, C)");
    require_divisor(in);
    require_list(in, "image", in.integers(4), 2, 1);
    const Shape& g = in.shape(0);
    const Shape x{g[0], in.integers(4)[0], in.integers(4)[1], g[3]};
    const Shape expected = pooled(spec_of(in, x));
    in.require(g == expected, "got a gradient of {} for an image of {}, expected {}", to_string(g), to_string(x),
               to_string(expected));
    return {{x, in.real()}};
  };
  operation.kernel = [](const KernelRequest& request) {
    return kernels::make_sum_pool_spread(spec_of(request.outputs[0].shape, request.attributes),
                                         divisor_of(request.attributes), request.dtype());
  };
  operation.gradient = [](const GradientRequest& r) -> Values {
    Attributes attributes = common(r.attributes);
    attributes.push_back(r.attributes[3]);
    return {r.graph.apply("sum_pool2d/1", {r.output_gradients[0]}, std::move(attributes))};
  };
  registry.add(std::move(operation));
}

// ---- As they are recorded, on (B, C, H, W)

Types infer_images(const Inference& in) {
  in.require_real(0);
  in.require_rank(0, 4, "(B, C, H, W)");
  const Shape y = pooled(spec_of(in, turned(in.shape(0))));
  return {{Shape{y[0], y[3], y[1], y[2]}, in.real()}};
}

void register_max_pool(OperationRegistry& registry) {
  Operation operation{
      .name = "max_pool2d/1",
      .summary =
          "x (B, C, H, W) -> (B, C, H', W'): the largest pixel of each window; of equals the first one gets the "
          "gradient. Padding is top, bottom, left, right, and never the largest",
      .attributes = pooling_settings(),
      .infer = infer_images};
  operation.composed = [](Graph& graph, std::span<const Value> inputs, const Attributes& attributes) -> Values {
    return {channels_first(graph.apply("max_pool2d_forward/1", {channels_last(inputs[0])}, attributes))};
  };
  registry.add(std::move(operation));
}

void register_avg_pool(OperationRegistry& registry) {
  Operation operation{.name = "avg_pool2d/1",
                      .summary =
                          "x (B, C, H, W) -> (B, C, H', W'): the mean of each window. Padding is top, bottom, left, "
                          "right, zeros that count in the mean where count_padding is not 0",
                      .attributes = pooling_settings({integer("count_padding", 1)})};
  operation.infer = infer_images;
  operation.composed = [](Graph& graph, std::span<const Value> inputs, const Attributes& given) -> Values {
    Attributes attributes = common(given);
    const auto divisor = given[3].scalar.constant.integer != 0 ? PoolingDivisor::kernel : PoolingDivisor::window;
    attributes.push_back(Attribute::of(static_cast<int64_t>(divisor)));
    return {channels_first(graph.apply("sum_pool2d/1", {channels_last(inputs[0])}, std::move(attributes)))};
  };
  registry.add(std::move(operation));
}

void register_global_avg_pool(OperationRegistry& registry) {
  Operation operation{.name = "global_avg_pool2d/1",
                      .summary = "x (B, C, H, W) -> (B, C): the mean over an image's pixels"};
  operation.infer = [](const Inference& in) -> Types {
    in.require_real(0);
    in.require_rank(0, 4, "(B, C, H, W)");
    const Shape& x = in.shape(0);
    in.require(x[2] >= 1 && x[3] >= 1, "got x of {}, expected at least one pixel", to_string(x));
    return {{Shape{x[0], x[1]}, in.real()}};
  };
  operation.composed = [](Graph&, std::span<const Value> inputs, const Attributes&) -> Values {
    return {mean(channels_last(inputs[0]), {1, 2})};
  };
  registry.add(std::move(operation));
}

}  // namespace

void register_pooling(OperationRegistry& registry) {
  register_max_forward(registry);
  register_max_scatter(registry);
  register_max_gather(registry);
  register_sum_forward(registry);
  register_sum_spread(registry);
  register_max_pool(registry);
  register_avg_pool(registry);
  register_global_avg_pool(registry);
}

}  // namespace atelier::ops
