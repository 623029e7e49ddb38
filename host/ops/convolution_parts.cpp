#include "ops/convolution_parts.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "kernels/convolution.hpp"
#include "ops/bfloat16.hpp"
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

// Those of the three, and of the weights' packing.
std::vector<AttributeSpec> part_attributes(std::vector<AttributeSpec> more = {}) {
  std::vector<AttributeSpec> out = convolution_attributes();
  out.push_back(integer("minimal_filtering"));
  out.insert(out.end(), more.begin(), more.end());
  return out;
}
constexpr size_t after_settings = 5;

ConvolutionSettings settings_of_part(const Attributes& attributes) {
  ConvolutionSettings out(attributes);
  out.minimal_filtering = attributes[4].scalar.constant.integer == 1;
  return out;
}
ConvolutionSettings settings_of_part(const Inference& in) {
  ConvolutionSettings out(in);
  in.require(in.integer(4) == 0 || in.integer(4) == 1, "got {} for minimal filtering, expected 0 or 1", in.integer(4));
  out.minimal_filtering = in.integer(4) == 1;
  return out;
}
Attributes attributes_of_part(const ConvolutionSettings& settings) {
  return {Attribute::of(settings.stride), Attribute::of(settings.padding), Attribute::of(settings.dilation),
          Attribute::of(settings.groups), Attribute::of(int64_t{settings.minimal_filtering})};
}
Attributes attributes_of_part(const ConvolutionSettings& settings, Axes more) {
  Attributes out = attributes_of_part(settings);
  out.push_back(Attribute::of(std::move(more)));
  return out;
}

// x (B, C, H, W)
kernels::ConvolutionSpec spec_of(const ConvolutionSettings& settings, const Shape& x, const Shape& w) {
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

Axes rows_and_columns(const Shape& weight) {
  return {weight[2], weight[3]};
}

// Whether the passes read bfloat16; the weight's shape is w, x is (B, C, H, W).
bool is_reduced(const Graph& graph, const ConvolutionSettings& settings, const Shape& x, const Shape& w) {
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
Value packed(Value w, const ConvolutionSettings& settings, const Shape& x, ConvolutionPass pass, bool reduced) {
  const bool emulated = reduced && w.graph->precision() == kernels::Precision::emulated_bfloat16;
  return w.graph->apply(
      "convolution_weights/1", {emulated ? product_input(w) : w},
      attributes_of_part(settings, {x[0], x[2], x[3], static_cast<int64_t>(pass), reduced && !emulated ? 1 : 0}));
}
Value weight_gradient(Value x, Value dy, const ConvolutionSettings& settings, Axes kernel) {
  const Shape image = as_first(x.shape());
  const Shape w{dy.shape()[3], image[1] / settings.groups, kernel[0], kernel[1]};
  if (is_reduced(*x.graph, settings, image, w)) {
    x = product_input(x);
    dy = product_input(dy);
  }
  return x.graph->apply("convolution_weight_gradient/1", {x, dy}, attributes_of_part(settings, std::move(kernel)));
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
kernels::ConvolutionSpec packed_spec(const ConvolutionSettings& given, const Axes& image, const Shape& w) {
  return spec_of(given, {image[0], w[1] * given.groups, image[1], image[2]}, w);
}

void register_weights(OperationRegistry& registry) {
  Operation operation{.name = "convolution_weights/1"};
  operation.attributes = part_attributes({integers("image")});
  operation.differentiability = Differentiability::constant;  // gradients go to the weights beside the packed ones
  operation.infer = [](const Inference& in) -> Types {
    in.require_real(0);
    in.require_rank(0, 4, "a weight (O, C / groups, Kh, Kw)");
    const Axes& image = in.integers(after_settings);
    in.require(image.size() == 5 && (image[3] == 0 || image[3] == 1) && (image[4] == 0 || image[4] == 1),
               "got [{}], expected a batch, rows, columns, 0 or 1 for the pass, and 0 or 1 for bfloat16",
               fmt::join(image, ", "));
    const kernels::ConvolutionSpec spec = packed_spec(settings_of_part(in), image, in.shape(0));
    const DType dtype = image[4] == 1 ? DType::bf16 : in.real();
    return {{{kernels::packed_weight_elements(spec, static_cast<ConvolutionPass>(image[3]), dtype)}, dtype}};
  };
  operation.kernel = [](const KernelRequest& request) {
    const Axes& image = request.integers(after_settings);
    return kernels::make_packed_weights(
        packed_spec(settings_of_part(request.attributes), image, request.inputs[0].shape),
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
  Operation operation{
      .name = "convolution_forward/1", .min_inputs = 3, .max_inputs = 3, .attributes = part_attributes()};
  operation.infer = [](const Inference& in) -> Types {
    in.require_rank(0, 4, "x (B, H, W, C)");
    const ConvolutionSettings given = settings_of_part(in);
    const Shape x = as_first(in.shape(0));
    const Shape y = convolution_shape(in, given, x, in.shape(2));
    require_packed(in, spec_of(given, x, in.shape(2)), ConvolutionPass::forward);
    return {{as_last(y), in.real()}};
  };
  operation.kernel = [](const KernelRequest& request) {
    const kernels::ConvolutionSpec spec =
        spec_of(settings_of_part(request.attributes), as_first(request.inputs[0].shape), request.inputs[2].shape);
    return kernels::make_convolution_forward(spec, request.inputs[0].dtype);
  };
  operation.flops = [](const KernelRequest& r) { return convolution_flops(r.outputs[0].shape, r.inputs[2].shape); };
  operation.gradient = [](const GradientRequest& r) {
    const ConvolutionSettings given = settings_of_part(r.attributes);
    const Value x = r.inputs[0];
    const Value w = r.inputs[2];
    const Value g = r.output_gradients[0];
    Values out(3);
    out[0] = r.needed[0] != 0 ? convolution_data_gradient(g, w, given, rows_and_columns(as_first(x.shape()))) : Value{};
    out[2] = r.needed[2] != 0 ? weight_gradient(x, g, given, rows_and_columns(w.shape())) : Value{};
    return out;
  };
  registry.add(std::move(operation));
}

// dy, packed, w -> dx, whose rows and columns are `image`
void register_data_gradient(OperationRegistry& registry) {
  Operation operation{.name = "convolution_data_gradient/1", .min_inputs = 3, .max_inputs = 3};
  operation.attributes = part_attributes({integers("image")});
  operation.infer = [](const Inference& in) -> Types {
    in.require_rank(0, 4, "(B, H', W', O)");
    in.require_rank(2, 4, "a weight (O, C / groups, Kh, Kw)");
    in.require(in.integers(after_settings).size() == 2, "got an image of {} lengths, expected rows and columns",
               in.integers(after_settings).size());
    const ConvolutionSettings given = settings_of_part(in);
    const Shape x{in.shape(0)[0], in.shape(2)[1] * given.groups, in.integers(after_settings)[0],
                  in.integers(after_settings)[1]};
    require_convolution_gradient(in, given, x, in.shape(2), as_first(in.shape(0)));
    require_packed(in, spec_of(given, x, in.shape(2)), ConvolutionPass::data_gradient);
    return {{as_last(x), in.real()}};
  };
  operation.kernel = [](const KernelRequest& request) {
    const kernels::ConvolutionSpec spec =
        spec_of(settings_of_part(request.attributes), as_first(request.outputs[0].shape), request.inputs[2].shape);
    return kernels::make_convolution_data_gradient(spec, request.inputs[0].dtype);
  };
  operation.flops = [](const KernelRequest& r) { return convolution_flops(r.inputs[0].shape, r.inputs[2].shape); };
  operation.gradient = [](const GradientRequest& r) {
    const ConvolutionSettings given = settings_of_part(r.attributes);
    const Value dy = r.inputs[0];
    const Value w = r.inputs[2];
    const Value g = r.output_gradients[0];
    Values out(3);
    out[0] = r.needed[0] != 0 ? convolution(g, w, given) : Value{};
    out[2] = r.needed[2] != 0 ? weight_gradient(g, dy, given, rows_and_columns(w.shape())) : Value{};
    return out;
  };
  registry.add(std::move(operation));
}

// x, dy -> dw, whose rows and columns are `kernel`
void register_weight_gradient(OperationRegistry& registry) {
  Operation operation{.name = "convolution_weight_gradient/1", .min_inputs = 2, .max_inputs = 2};
  operation.attributes = part_attributes({integers("kernel")});
  operation.infer = [](const Inference& in) -> Types {
    require_product_input(in, 0);
    require_product_input(in, 1);
    in.require_rank(0, 4, "x (B, H, W, C)");
    in.require_rank(1, 4, "(B, H', W', O)");
    in.require(in.integers(after_settings).size() == 2, "got a kernel of {} lengths, expected rows and columns",
               in.integers(after_settings).size());
    const ConvolutionSettings given = settings_of_part(in);
    const Shape x = as_first(in.shape(0));
    const Shape dy = as_first(in.shape(1));
    const Shape w{dy[1], x[1] / given.groups, in.integers(after_settings)[0], in.integers(after_settings)[1]};
    require_convolution_gradient(in, given, x, w, dy);
    return {{w, in.real()}};
  };
  operation.kernel = [](const KernelRequest& request) {
    const kernels::ConvolutionSpec spec =
        spec_of(settings_of_part(request.attributes), as_first(request.inputs[0].shape), request.outputs[0].shape);
    return kernels::make_convolution_weight_gradient(spec, request.inputs[0].dtype);
  };
  operation.flops = [](const KernelRequest& r) { return convolution_flops(r.inputs[1].shape, r.outputs[0].shape); };
  operation.gradient = [](const GradientRequest& r) {
    const ConvolutionSettings given = settings_of_part(r.attributes);
    const Value x = r.inputs[0];
    const Value dy = r.inputs[1];
    const Value g = r.output_gradients[0];
    Values out(2);
    out[0] =
        r.needed[0] != 0 ? convolution_data_gradient(dy, g, given, rows_and_columns(as_first(x.shape()))) : Value{};
    out[1] = r.needed[1] != 0 ? convolution(x, g, given) : Value{};
    return out;
  };
  registry.add(std::move(operation));
}

}  // namespace

std::vector<AttributeSpec> convolution_attributes() {
  return {integers("stride", {1, 1}), integers("padding", {0, 0, 0, 0}), integers("dilation", {1, 1}),
          integer("groups", 1)};
}

void ConvolutionSettings::require(const Inference& in) const {
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

Shape convolution_shape(const Inference& in, const ConvolutionSettings& settings, const Shape& x, const Shape& w) {
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

void require_convolution_gradient(const Inference& in, const ConvolutionSettings& settings, const Shape& x,
                                  const Shape& w, const Shape& dy) {
  const Shape expected = convolution_shape(in, settings, x, w);
  in.require(dy == expected, "got a gradient of {} for an image of {} and a weight of {}, expected {}", to_string(dy),
             to_string(x), to_string(w), to_string(expected));
}

Value convolution(Value x, Value w, const ConvolutionSettings& settings) {
  const Shape image = as_first(x.shape());
  const bool reduced = is_reduced(*x.graph, settings, image, w.shape());
  const Value weights = packed(w, settings, image, ConvolutionPass::forward, reduced);
  return x.graph->apply("convolution_forward/1", {reduced ? product_input(x) : x, weights, w},
                        attributes_of_part(settings));
}
Value convolution_data_gradient(Value dy, Value w, const ConvolutionSettings& settings, const Axes& image) {
  const Shape x{dy.shape()[0], w.shape()[1] * settings.groups, image[0], image[1]};
  const bool reduced = is_reduced(*dy.graph, settings, x, w.shape());
  const Value weights = packed(w, settings, x, ConvolutionPass::data_gradient, reduced);
  return dy.graph->apply("convolution_data_gradient/1", {reduced ? product_input(dy) : dy, weights, w},
                         attributes_of_part(settings, image));
}
void register_convolution_parts(OperationRegistry& registry) {
  register_weights(registry);
  register_convolution_forward(registry);
  register_data_gradient(registry);
  register_weight_gradient(registry);
}

}  // namespace atelier::ops
