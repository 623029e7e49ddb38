// Convolutions of images. Three operations run, on channels-last images, each linear in both of its inputs, and each
// one's gradients are the other two:
//   forward          y  = F(x, w)     x (B, H, W, C), w (O, C / groups, Kh, Kw), y (B, H', W', O)
//   data gradient    dx = D(dy, w)
//   weight gradient  dw = W(x, dy)
// kernels/convolution.hpp has the formula. The first two read the weights packed, by an operation of its own that all
// convolutions of equal shapes share; gradients go to the weights themselves. A transposed convolution is a data
// gradient (Dumoulin & Visin 2016, chapter 4).
#include "kernels/convolution.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "ops/bfloat16.hpp"
#include "ops/functions.hpp"
#include "ops/operations.hpp"

namespace atelier::ops {
namespace {

using kernels::ConvolutionPass;

Shape as_first(const Shape& image) {
  return {image[0], image[3], image[1], image[2]};
}
Shape as_last(const Shape& image) {
  return {image[0], image[2], image[3], image[1]};
}

std::vector<AttributeSpec> convolution_settings() {
  return {integers("stride", {1, 1}), integers("padding", {0, 0, 0, 0}), integers("dilation", {1, 1}),
          integer("groups", 1)};
}
// Those of the three, and of the weights' packing.
std::vector<AttributeSpec> part_settings(std::vector<AttributeSpec> more = {}) {
  std::vector<AttributeSpec> out = convolution_settings();
  out.push_back(integer("minimal_filtering"));
  out.insert(out.end(), more.begin(), more.end());
  return out;
}
constexpr size_t after_settings = 5;  // of a part

struct Settings {
  Axes stride, padding, dilation;
  int64_t groups;
  bool minimal_filtering = false;

  explicit Settings(const Attributes& attributes)
      : Settings(attributes[0].integers, attributes[1].integers, attributes[2].integers,
                 attributes[3].scalar.constant.integer) {}
  explicit Settings(const Inference& in) : Settings(in.integers(0), in.integers(1), in.integers(2), in.integer(3)) {
    require(in);
  }
  Settings(Axes strides, Axes paddings, Axes dilations, int64_t group_count)
      : stride(std::move(strides)), padding(std::move(paddings)), dilation(std::move(dilations)), groups(group_count) {}

  void require(const Inference& in) const {
    require_list(in, "stride", stride, 2, 1);
    require_list(in, "padding", padding, 4, 0);
    require_list(in, "dilation", dilation, 2, 1);
    in.require(groups >= 1, "got {} groups, expected at least 1", groups);
    constexpr int64_t most = int64_t{1} << 20U;  // so that what they are multiplied with stays a number
    for (const Axes& list : {stride, padding, dilation, Axes{groups}}) {
      in.require(std::ranges::max(list) <= most, "got a stride, padding, dilation or groups of {}, expected at most {}",
                 std::ranges::max(list), most);
    }
  }

  static Settings of_part(const Attributes& attributes) {
    Settings out(attributes);
    out.minimal_filtering = attributes[4].scalar.constant.integer == 1;
    return out;
  }
  static Settings of_part(const Inference& in) {
    Settings out(in);
    in.require(in.integer(4) == 0 || in.integer(4) == 1, "got {} for minimal filtering, expected 0 or 1",
               in.integer(4));
    out.minimal_filtering = in.integer(4) == 1;
    return out;
  }
  [[nodiscard]] Attributes of_part() const {
    return {Attribute::of(stride), Attribute::of(padding), Attribute::of(dilation), Attribute::of(groups),
            Attribute::of(int64_t{minimal_filtering})};
  }
  [[nodiscard]] Attributes of_part_with(Axes more) const {
    Attributes out = of_part();
    out.push_back(Attribute::of(std::move(more)));
    return out;
  }
};

// x (B, C, H, W)
kernels::ConvolutionSpec spec_of(const Settings& settings, const Shape& x, const Shape& w) {
  kernels::ConvolutionSpec spec;
  spec.batch = x[0];
  spec.in_channels = x[1];
  spec.in_height = x[2];
  spec.in_width = x[3];
  spec.out_channels = w[0];
  spec.kernel_height = w[2];
  spec.kernel_width = w[3];
  spec.stride_y = settings.stride[0];
  spec.stride_x = settings.stride[1];
  spec.pad_top = settings.padding[0];
  spec.pad_bottom = settings.padding[1];
  spec.pad_left = settings.padding[2];
  spec.pad_right = settings.padding[3];
  spec.dilation_y = settings.dilation[0];
  spec.dilation_x = settings.dilation[1];
  spec.groups = settings.groups;
  spec.minimal_filtering = settings.minimal_filtering;
  return spec;
}

// The shape of y, after checking that x, w and the settings fit.
Shape forward_shape(const Inference& in, const Settings& settings, const Shape& x, const Shape& w) {
  in.require(x.rank() == 4 && w.rank() == 4,
             "got x of {} and a weight of {}, expected x (B, C, H, W) and a weight (O, C / groups, Kh, Kw)",
             to_string(x), to_string(w));
  in.require(
      x[1] == w[1] * settings.groups && w[0] % settings.groups == 0,
      "got x of {} with {} channels, a weight of {} and {} groups, expected a weight (O, C / groups, Kh, Kw) with O a "
      "multiple of the groups",
      to_string(x), x[1], to_string(w), settings.groups);
  const Axes& pad = settings.padding;
  const int64_t room_y = x[2] + pad[0] + pad[1] - settings.dilation[0] * (w[2] - 1);
  const int64_t room_x = x[3] + pad[2] + pad[3] - settings.dilation[1] * (w[3] - 1);
  in.require(w[2] >= 1 && w[3] >= 1 && room_y >= 1 && room_x >= 1,
             "got a kernel of {} x {} (dilation {} x {}) for a padded image of {} x {}; hint: pad more, or use a "
             "smaller kernel",
             w[2], w[3], settings.dilation[0], settings.dilation[1], x[2] + pad[0] + pad[1], x[3] + pad[2] + pad[3]);
  const kernels::ConvolutionSpec spec = spec_of(settings, x, w);
  return {x[0], w[0], spec.out_height(), spec.out_width()};
}

// What y = F(x, w) must be for the third tensor to be its gradient.
void require_fits(const Inference& in, const Settings& settings, const Shape& x, const Shape& w, const Shape& dy) {
  const Shape expected = forward_shape(in, settings, x, w);
  in.require(dy == expected, "got a gradient of {} for an image of {} and a weight of {}, expected {}", to_string(dy),
             to_string(x), to_string(w), to_string(expected));
}

Axes rows_and_columns(const Shape& weight) {
  return {weight[2], weight[3]};
}

// Whether the passes read bfloat16; the weight's shape is w, x is (B, C, H, W).
bool is_reduced(const Graph& graph, const Settings& settings, const Shape& x, const Shape& w) {
  switch (graph.precision()) {
    case kernels::Precision::float32:
      return false;
    case kernels::Precision::bfloat16:
      return kernels::has_bfloat16(spec_of(settings, x, w));
    case kernels::Precision::emulated_bfloat16:
      return kernels::suits_bfloat16(spec_of(settings, x, w));
  }
  return false;
}

// The weights as `pass` reads them, for x (B, C, H, W).
Value packed(Value w, const Settings& settings, const Shape& x, ConvolutionPass pass, bool reduced) {
  const bool emulated = reduced && w.graph->precision() == kernels::Precision::emulated_bfloat16;
  return w.graph->apply(
      "convolution_weights/1", {emulated ? product_input(w) : w},
      settings.of_part_with({x[0], x[2], x[3], static_cast<int64_t>(pass), reduced && !emulated ? 1 : 0}));
}
Value forward(Value x, Value w, const Settings& settings) {
  const Shape image = as_first(x.shape());
  const bool reduced = is_reduced(*x.graph, settings, image, w.shape());
  const Value weights = packed(w, settings, image, ConvolutionPass::forward, reduced);
  return x.graph->apply("convolution_forward/1", {reduced ? product_input(x) : x, weights, w}, settings.of_part());
}
Value data_gradient(Value dy, Value w, const Settings& settings, const Axes& image) {
  const Shape x{dy.shape()[0], w.shape()[1] * settings.groups, image[0], image[1]};
  const bool reduced = is_reduced(*dy.graph, settings, x, w.shape());
  const Value weights = packed(w, settings, x, ConvolutionPass::data_gradient, reduced);
  return dy.graph->apply("convolution_data_gradient/1", {reduced ? product_input(dy) : dy, weights, w},
                         settings.of_part_with(image));
}
Value weight_gradient(Value x, Value dy, const Settings& settings, Axes kernel) {
  const Shape image = as_first(x.shape());
  const Shape w{dy.shape()[3], image[1] / settings.groups, kernel[0], kernel[1]};
  if (is_reduced(*x.graph, settings, image, w)) {
    x = product_input(x);
    dy = product_input(dy);
  }
  return x.graph->apply("convolution_weight_gradient/1", {x, dy}, settings.of_part_with(std::move(kernel)));
}

void require_real_inputs(const Inference& in) {
  for (size_t i = 0; i < in.count(); ++i) {
    in.require_real(i);
  }
}

// Of an image, and weights that are packed for its type.
void require_packed(const Inference& in, const kernels::ConvolutionSpec& spec, ConvolutionPass pass) {
  require_product_input(in, 0);
  in.require(in.input(1).dtype == in.input(0).dtype, "got packed weights of {} for {}", to_string(in.input(1)),
             to_string(in.input(0)));
  in.require_real(2);
  const Shape expected{kernels::packed_weight_elements(spec, pass, in.input(0).dtype)};
  in.require(in.shape(1) == expected, "got packed weights of {}, expected {}", to_string(in.shape(1)),
             to_string(expected));
}

// w -> packed; the batch, rows and columns of x, the pass, and 1 for bfloat16, come after the settings
kernels::ConvolutionSpec packed_spec(const Settings& given, const Axes& image, const Shape& w) {
  return spec_of(given, {image[0], w[1] * given.groups, image[1], image[2]}, w);
}

void register_weights(OperationRegistry& registry) {
  Operation operation{.name = "convolution_weights/1"};
  operation.attributes = part_settings({integers("image")});
  operation.differentiability = Differentiability::constant;  // gradients go to the weights beside the packed ones
  operation.infer = [](const Inference& in) -> Types {
    in.require_real(0);
    in.require_rank(0, 4, "a weight (O, C / groups, Kh, Kw)");
    const Axes& image = in.integers(after_settings);
    in.require(image.size() == 5 && (image[3] == 0 || image[3] == 1) && (image[4] == 0 || image[4] == 1),
               "got [{}], expected a batch, rows, columns, 0 or 1 for the pass, and 0 or 1 for bfloat16",
               fmt::join(image, ", "));
    const kernels::ConvolutionSpec spec = packed_spec(Settings::of_part(in), image, in.shape(0));
    const DType dtype = image[4] == 1 ? DType::bf16 : in.real();
    return {{{kernels::packed_weight_elements(spec, static_cast<ConvolutionPass>(image[3]), dtype)}, dtype}};
  };
  operation.kernel = [](const KernelRequest& request) {
    const Axes& image = request.integers(after_settings);
    return kernels::make_packed_weights(
        packed_spec(Settings::of_part(request.attributes), image, request.inputs[0].shape),
        static_cast<ConvolutionPass>(image[3]), request.dtype());
  };
  registry.add(std::move(operation));
}

// Every element of y or its gradient meets the filters of one output channel.
double convolution_flops(const Shape& y, const Shape& weight) {
  const int64_t filter = weight.elements() / std::max<int64_t>(weight[0], 1);
  return 2.0 * static_cast<double>(y.elements() * filter);
}

// x, packed, w -> y
void register_convolution_forward(OperationRegistry& registry) {
  Operation operation{.name = "convolution_forward/1", .min_inputs = 3, .max_inputs = 3, .attributes = part_settings()};
  operation.infer = [](const Inference& in) -> Types {
    in.require_rank(0, 4, "x (B, H, W, C)");
    const Settings given = Settings::of_part(in);
    const Shape x = as_first(in.shape(0));
    const Shape y = forward_shape(in, given, x, in.shape(2));
    require_packed(in, spec_of(given, x, in.shape(2)), ConvolutionPass::forward);
    return {{as_last(y), in.real()}};
  };
  operation.kernel = [](const KernelRequest& request) {
    const kernels::ConvolutionSpec spec =
        spec_of(Settings::of_part(request.attributes), as_first(request.inputs[0].shape), request.inputs[2].shape);
    return kernels::make_convolution_forward(spec, request.inputs[0].dtype);
  };
  operation.flops = [](const KernelRequest& r) { return convolution_flops(r.outputs[0].shape, r.inputs[2].shape); };
  operation.gradient = [](const GradientRequest& r) {
    const Settings given = Settings::of_part(r.attributes);
    const Value x = r.inputs[0];
    const Value w = r.inputs[2];
    const Value g = r.output_gradients[0];
    Values out(3);
    out[0] = r.needed[0] != 0 ? data_gradient(g, w, given, rows_and_columns(as_first(x.shape()))) : Value{};
    out[2] = r.needed[2] != 0 ? weight_gradient(x, g, given, rows_and_columns(w.shape())) : Value{};
    return out;
  };
  registry.add(std::move(operation));
}

// dy, packed, w -> dx, whose rows and columns are `image`
void register_data_gradient(OperationRegistry& registry) {
  Operation operation{.name = "convolution_data_gradient/1", .min_inputs = 3, .max_inputs = 3};
  operation.attributes = part_settings({integers("image")});
  operation.infer = [](const Inference& in) -> Types {
    in.require_rank(0, 4, "(B, H', W', O)");
    in.require_rank(2, 4, "a weight (O, C / groups, Kh, Kw)");
    in.require(in.integers(after_settings).size() == 2, "got an image of {} lengths, expected rows and columns",
               in.integers(after_settings).size());
    const Settings given = Settings::of_part(in);
    const Shape x{in.shape(0)[0], in.shape(2)[1] * given.groups, in.integers(after_settings)[0],
                  in.integers(after_settings)[1]};
    require_fits(in, given, x, in.shape(2), as_first(in.shape(0)));
    require_packed(in, spec_of(given, x, in.shape(2)), ConvolutionPass::data_gradient);
    return {{as_last(x), in.real()}};
  };
  operation.kernel = [](const KernelRequest& request) {
    const kernels::ConvolutionSpec spec =
        spec_of(Settings::of_part(request.attributes), as_first(request.outputs[0].shape), request.inputs[2].shape);
    return kernels::make_convolution_data_gradient(spec, request.inputs[0].dtype);
  };
  operation.flops = [](const KernelRequest& r) { return convolution_flops(r.inputs[0].shape, r.inputs[2].shape); };
  operation.gradient = [](const GradientRequest& r) {
    const Settings given = Settings::of_part(r.attributes);
    const Value dy = r.inputs[0];
    const Value w = r.inputs[2];
    const Value g = r.output_gradients[0];
    Values out(3);
    out[0] = r.needed[0] != 0 ? forward(g, w, given) : Value{};
    out[2] = r.needed[2] != 0 ? weight_gradient(g, dy, given, rows_and_columns(w.shape())) : Value{};
    return out;
  };
  registry.add(std::move(operation));
}

// x, dy -> dw, whose rows and columns are `kernel`
void register_weight_gradient(OperationRegistry& registry) {
  Operation operation{.name = "convolution_weight_gradient/1", .min_inputs = 2, .max_inputs = 2};
  operation.attributes = part_settings({integers("kernel")});
  operation.infer = [](const Inference& in) -> Types {
    require_product_input(in, 0);
    require_product_input(in, 1);
    in.require_rank(0, 4, "x (B, H, W, C)");
    in.require_rank(1, 4, "(B, H', W', O)");
    in.require(in.integers(after_settings).size() == 2, "got a kernel of {} lengths, expected rows and columns",
               in.integers(after_settings).size());
    const Settings given = Settings::of_part(in);
    const Shape x = as_first(in.shape(0));
    const Shape dy = as_first(in.shape(1));
    const Shape w{dy[1], x[1] / given.groups, in.integers(after_settings)[0], in.integers(after_settings)[1]};
    require_fits(in, given, x, w, dy);
    return {{w, in.real()}};
  };
  operation.kernel = [](const KernelRequest& request) {
    const kernels::ConvolutionSpec spec =
        spec_of(Settings::of_part(request.attributes), as_first(request.inputs[0].shape), request.outputs[0].shape);
    return kernels::make_convolution_weight_gradient(spec, request.inputs[0].dtype);
  };
  operation.flops = [](const KernelRequest& r) { return convolution_flops(r.inputs[1].shape, r.outputs[0].shape); };
  operation.gradient = [](const GradientRequest& r) {
    const Settings given = Settings::of_part(r.attributes);
    const Value x = r.inputs[0];
    const Value dy = r.inputs[1];
    const Value g = r.output_gradients[0];
    Values out(2);
    out[0] = r.needed[0] != 0 ? data_gradient(dy, g, given, rows_and_columns(as_first(x.shape()))) : Value{};
    out[1] = r.needed[1] != 0 ? forward(x, g, given) : Value{};
    return out;
  };
  registry.add(std::move(operation));
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

// ---- As they are recorded

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
                      .attributes = convolution_settings()};
  operation.infer = [](const Inference& in) -> Types {
    require_real_inputs(in);
    const Shape y = forward_shape(in, Settings(in), in.shape(0), in.shape(1));
    require_bias(in, y[1]);
    return {{y, in.real()}};
  };
  operation.composed = [version](Graph& graph, std::span<const Value> inputs, const Attributes& attributes) -> Values {
    Settings given(attributes);
    given.minimal_filtering = filters_minimally(graph, version);
    return {with_bias(forward(channels_last(inputs[0]), inputs[1], given), inputs)};
  };
  registry.add(std::move(operation));
}

// (H - 1) stride - padding + dilation (Kh - 1) + 1 + output_padding, for rows and columns
Axes transposed_image(const Settings& given, const Axes& output_padding, const Shape& x, const Shape& w) {
  Axes image(2);
  for (size_t side = 0; side < 2; ++side) {
    image[side] = (x[2 + side] - 1) * given.stride[side] - given.padding[2 * side] - given.padding[2 * side + 1] +
                  given.dilation[side] * (w[2 + side] - 1) + 1 + output_padding[side];
  }
  return image;
}

Types infer_conv_transpose2d(const Inference& in) {
  require_real_inputs(in);
  const Settings given(in.integers(0), in.integers(1), in.integers(3), in.integer(4));
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
  require_fits(in, given, y, w, x);
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
    Settings given(a[0].integers, a[1].integers, a[3].integers, a[4].scalar.constant.integer);
    given.minimal_filtering = filters_minimally(graph, version);
    const Axes image = transposed_image(given, a[2].integers, inputs[0].shape(), inputs[1].shape());
    return {with_bias(data_gradient(channels_last(inputs[0]), inputs[1], given, image), inputs)};
  };
  registry.add(std::move(operation));
}

}  // namespace

void register_convolution(OperationRegistry& registry) {
  register_weights(registry);
  register_convolution_forward(registry);
  register_data_gradient(registry);
  register_weight_gradient(registry);
  for (const int version : {1, first_with_minimal_filtering}) {
    register_conv2d(registry, version);
    register_conv_transpose2d(registry, version);
  }
}

}  // namespace atelier::ops
