// Convolutions of images and their transposes, as they are recorded. A transposed convolution is the data gradient of
// one (Dumoulin & Visin 2016, chapter 4).
#include <fmt/format.h>

#include "ops/convolution_parts.hpp"
#include "ops/operations.hpp"

namespace atelier::ops {
namespace {

void require_real_inputs(const Inference& in) {
  for (size_t i = 0; i < in.count(); ++i) {
    in.require_real(i);
  }
}

void require_bias(const Inference& in, int64_t channels) {
  if (in.count() == 3) {
    in.require_real(2);
    in.require(in.shape(2) == Shape{channels}, "got a bias of {}, expected {}", to_string(in.shape(2)),
               to_string(Shape{channels}));
  }
}

// y (B, H, W, O)
Value with_bias(Value y, std::span<const Value> inputs) {
  return channels_first(inputs.size() == 3 ? y + inputs[2] : y);
}

constexpr int first_with_minimal_filtering = 2;  // version of both

std::string versioned(const char* name, int version) {
  return fmt::format("{}/{}", name, version);
}
// Products that read bfloat16, or emulate it, stay sums of products.
bool filters_minimally(const Graph& graph, int version) {
  return version >= first_with_minimal_filtering && graph.precision() == kernels::Precision::float32;
}
std::string summary_of(int version) {
  return version < first_with_minimal_filtering ? ""
                                                : ". By minimal filtering (Lavin & Gray 2016) where that is faster, of "
                                                  "filters up to 3 x 3, or 6 x 6 with a "
                                                  "stride of 2: with some ten times the rounding errors of version 1";
}

void register_conv2d(OperationRegistry& registry, int version) {
  Operation operation{.name = versioned("conv2d", version),
                      .summary =
                          "x (B, C, H, W), weight (O, C / groups, Kh, Kw), [bias (O)] -> (B, O, H', W'): "
                          "cross-correlation. Padding is top, bottom, left, right" +
                          summary_of(version),
                      .min_inputs = 2,
                      .max_inputs = 3,
                      .attributes = convolution_attributes()};
  operation.infer = [](const Inference& in) -> Types {
    require_real_inputs(in);
    const Shape y = convolution_shape(in, ConvolutionSettings(in), in.shape(0), in.shape(1));
    require_bias(in, y[1]);
    return {{y, in.real()}};
  };
  operation.composed = [version](Graph& graph, std::span<const Value> inputs, const Attributes& attributes) -> Values {
    ConvolutionSettings given(attributes);
    given.minimal_filtering = filters_minimally(graph, version);
    return {with_bias(convolution(channels_last(inputs[0]), inputs[1], given), inputs)};
  };
  registry.add(std::move(operation));
}

// (H - 1) stride - padding + dilation (Kh - 1) + 1 + output_padding, for rows and columns
Axes transposed_image(const ConvolutionSettings& given, const Axes& output_padding, const Shape& x, const Shape& w) {
  Axes image(2);
  for (size_t side = 0; side < 2; ++side) {
    image[side] = (x[2 + side] - 1) * given.stride[side] - given.padding[2 * side] - given.padding[2 * side + 1] +
                  given.dilation[side] * (w[2 + side] - 1) + 1 + output_padding[side];
  }
  return image;
}

Types infer_conv_transpose2d(const Inference& in) {
  require_real_inputs(in);
  const ConvolutionSettings given(in.integers(0), in.integers(1), in.integers(3), in.integer(4));
  given.require(in);
  const Axes& more = in.integers(2);
  const Shape& x = in.shape(0);
  const Shape& w = in.shape(1);
  in.require(x.rank() == 4 && w.rank() == 4 && x[1] == w[0] && x[1] % given.groups == 0,
             "got x of {}, a weight of {} and {} groups, expected x (B, C, H, W) and a weight (C, O / groups, Kh, Kw), "
             "with C a "
             "multiple of the groups",
             to_string(x), to_string(w), given.groups);
  in.require(more.size() == 2 && more[0] >= 0 && more[1] >= 0 && more[0] < given.stride[0] && more[1] < given.stride[1],
             "got an output_padding of [{}], expected two integers from 0 to below the stride [{}]",
             fmt::join(more, ", "), fmt::join(given.stride, ", "));
  const Axes image = transposed_image(given, more, x, w);
  in.require(image[0] >= 1 && image[1] >= 1, "got a result of {} x {}, expected at least 1 x 1; hint: pad less",
             image[0], image[1]);
  const int64_t channels = w[1] * given.groups;
  require_bias(in, channels);
  const Shape y{x[0], channels, image[0], image[1]};
  require_convolution_gradient(in, given, y, w, x);
  return {{y, in.real()}};
}

void register_conv_transpose2d(OperationRegistry& registry, int version) {
  Operation operation{
      .name = versioned("conv_transpose2d", version),
      .summary =
          "x (B, C, H, W), weight (C, O / groups, Kh, Kw), [bias (O)] -> (B, O, H', W'): the transpose of conv2d; "
          "H' = (H - 1) stride - padding + dilation (Kh - 1) + 1 + output_padding" +
          summary_of(version),
      .min_inputs = 2,
      .max_inputs = 3,
      .infer = infer_conv_transpose2d};
  operation.attributes = {integers("stride", {1, 1}), integers("padding", {0, 0, 0, 0}),
                          integers("output_padding", {0, 0}), integers("dilation", {1, 1}), integer("groups", 1)};
  operation.composed = [version](Graph& graph, std::span<const Value> inputs, const Attributes& a) -> Values {
    ConvolutionSettings given(a[0].integers, a[1].integers, a[3].integers, a[4].scalar.constant.integer);
    given.minimal_filtering = filters_minimally(graph, version);
    const Axes image = transposed_image(given, a[2].integers, inputs[0].shape(), inputs[1].shape());
    return {with_bias(convolution_data_gradient(channels_last(inputs[0]), inputs[1], given, image), inputs)};
  };
  registry.add(std::move(operation));
}

}  // namespace

void register_convolution(OperationRegistry& registry) {
  for (const int version : {1, first_with_minimal_filtering}) {
    register_conv2d(registry, version);
    register_conv_transpose2d(registry, version);
  }
}

}  // namespace atelier::ops
