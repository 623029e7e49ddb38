// Convolutions of signals (B, C, L) and of volumes (B, C, D, H, W), and their transposes, made of those of images. A
// signal is an image of one row. Of a volume, the taps of the kernel along the depth become channels: what they meet is
// laid side by side (as im2col does, along one axis), so that one convolution of images sums over all of them.
#include <fmt/format.h>

#include <algorithm>

#include "ops/operations.hpp"
#include "ops/windows.hpp"

namespace atelier::ops {
namespace {

// How one of `axes` axes is declared, and what its shapes are called.
struct Kind {
  size_t axes;
  const char* name;
  const char* x;
  const char* kernel;
  const char* what;
};
constexpr Kind signals{1, "1d", "(B, C, L)", "K", "signal"};
constexpr Kind volumes{3, "3d", "(B, C, D, H, W)", "Kd, Kh, Kw", "volume"};

// Stride, padding, dilation and groups, as the attributes have them in this order.
struct Given {
  Windows windows;
  int64_t groups = 1;

  Given(const Shape& weight, const Attributes& a, size_t dilation)
      : Given(weight, a[0].integers, a[1].integers, a[dilation].integers, a[dilation + 1].scalar.constant.integer) {}
  Given(const Shape& weight, const Axes& stride, const Axes& padding, const Axes& dilation, int64_t group_count)
      : windows{{}, stride, padding, dilation}, groups(group_count) {
    for (size_t axis = 2; axis < weight.rank(); ++axis) {
      windows.kernel.push_back(weight[axis]);
    }
  }
};

std::vector<AttributeSpec> settings(size_t axes, std::vector<AttributeSpec> between) {
  std::vector<AttributeSpec> out{integers("stride", Axes(axes, 1)), integers("padding", Axes(2 * axes, 0))};
  out.insert(out.end(), between.begin(), between.end());
  out.push_back(integers("dilation", Axes(axes, 1)));
  out.push_back(integer("groups", 1));
  return out;
}

void require_inputs(const Inference& in, int64_t channels) {
  for (size_t i = 0; i < in.count(); ++i) {
    in.require_real(i);
  }
  if (in.count() == 3) {
    in.require(in.shape(2) == Shape{channels}, "got a bias of {}, expected {}", to_string(in.shape(2)),
               to_string(Shape{channels}));
  }
}

Shape with_channels(const Shape& x, int64_t channels, const Axes& lengths) {
  Shape out{x[0], channels};
  for (const int64_t length : lengths) {
    out.append(length);
  }
  return out;
}

Types infer_forward(const Inference& in, const Kind& kind) {
  const Shape& x = in.shape(0);
  const Shape& w = in.shape(1);
  const int64_t groups = in.integer(3);
  in.require(x.rank() == 2 + kind.axes && w.rank() == 2 + kind.axes && groups >= 1 && groups <= w[0] &&
                 x[1] == w[1] * groups && w[0] % groups == 0 && w[1] >= 1,
             "got x of {}, a weight of {} and {} groups, expected x {} and a weight (O, C / groups, {}), with O a "
             "multiple of the groups",
             to_string(x), to_string(w), groups, kind.x, kind.kernel);
  const Given given(w, in.integers(0), in.integers(1), in.integers(2), groups);
  require_windows(in, given.windows, kind.axes);
  const Axes lengths = require_room(in, given.windows, x, kind.what);
  require_inputs(in, w[0]);
  return {{with_channels(x, w[0], lengths), in.real()}};
}

// (L - 1) stride - padding + dilation (K - 1) + 1 + output_padding, for each axis
Axes transposed_lengths(const Windows& windows, const Axes& output_padding, const Shape& x) {
  Axes out;
  for (size_t axis = 0; axis < windows.axes(); ++axis) {
    out.push_back(windows.transposed(axis, x[2 + axis]) + output_padding[axis]);
  }
  return out;
}

Types infer_transposed(const Inference& in, const Kind& kind) {
  const Shape& x = in.shape(0);
  const Shape& w = in.shape(1);
  const Axes& more = in.integers(2);
  const int64_t groups = in.integer(4);
  in.require(x.rank() == 2 + kind.axes && w.rank() == 2 + kind.axes && x[1] == w[0] && groups >= 1 && groups <= w[0] &&
                 x[1] % groups == 0 && w[1] >= 1,
             "got x of {}, a weight of {} and {} groups, expected x {} and a weight (C, O / groups, {}), with C a "
             "multiple of the groups",
             to_string(x), to_string(w), groups, kind.x, kind.kernel);
  const Given given(w, in.integers(0), in.integers(1), in.integers(3), groups);
  require_windows(in, given.windows, kind.axes);
  require_list(in, "output_padding", more, kind.axes, 0);
  for (size_t axis = 0; axis < kind.axes; ++axis) {
    in.require(more[axis] < given.windows.stride[axis],
               "got an output_padding of [{}], expected each below the stride [{}]", fmt::join(more, ", "),
               fmt::join(given.windows.stride, ", "));
  }
  const Axes lengths = transposed_lengths(given.windows, more, x);
  in.require(std::ranges::min(lengths) >= 1, "got a result of {}, expected at least 1 along each axis; hint: pad less",
             fmt::join(lengths, " x "));
  const int64_t channels = w[1] * groups;
  require_inputs(in, channels);
  return {{with_channels(x, channels, lengths), in.real()}};
}

// ---- Images made of them

// The numbers of the last two axes, of which a signal has only the second.
Axes of_image(const Axes& given, int64_t for_rows, size_t numbers) {
  Axes out(given.end() - static_cast<std::ptrdiff_t>(std::min(given.size(), 2 * numbers)), given.end());
  out.insert(out.begin(), 2 * numbers - out.size(), for_rows);
  return out;
}

Value convolve_images(const char* operation, Values inputs, const Given& given, const Axes* output_padding = nullptr) {
  Attributes attributes{Attribute::of(of_image(given.windows.stride, 1, 1)),
                        Attribute::of(of_image(given.windows.padding, 0, 2))};
  if (output_padding != nullptr) {
    attributes.push_back(Attribute::of(of_image(*output_padding, 0, 1)));
  }
  attributes.push_back(Attribute::of(of_image(given.windows.dilation, 1, 1)));
  attributes.push_back(Attribute::of(given.groups));
  return inputs[0].graph->apply(OperationRegistry::instance().get(operation), inputs, std::move(attributes)).front();
}

// (A, C, L) to (A, C, 1, L)
Value as_row(Value x) {
  const Shape& shape = x.shape();
  return reshape(x, {shape[0], shape[1], 1, shape[2]});
}
Value without_row(Value image) {
  const Shape& shape = image.shape();
  return reshape(image, {shape[0], shape[1], shape[3]});
}

// (A, M, N, C) to (A, N, M, C)
Value swap_middle(Value x, int64_t m, int64_t n, int64_t c) {
  const int64_t a = x.shape().elements() / std::max<int64_t>(1, m * n * c);
  if (m == 1 || n == 1) {
    return x;
  }
  return c == 1 ? permute(reshape(x, {a, m, n}), {0, 2, 1}) : permute(reshape(x, {a, m, n, c}), {0, 2, 1, 3});
}

// A filter (O, C, Kd, Kh, Kw) of volumes as one (O, Kd C, Kh, Kw) of images whose channels are also the taps along the
// depth.
Value with_depth_in_channels(Value w) {
  const Shape& s = w.shape();
  return reshape(swap_middle(w, s[1], s[2], s[3] * s[4]), {s[0], s[2] * s[1], s[3], s[4]});
}

// (B, C, D, H, W) to (B, D, H, W, C), and back: nothing moves where there is one channel.
Value volumes_last(Value x) {
  const Shape& s = x.shape();
  return s[1] == 1 ? reshape(x, {s[0], s[2], s[3], s[4], 1}) : permute(x, {0, 2, 3, 4, 1});
}
Value volumes_first(Value x) {
  const Shape& s = x.shape();
  return s[4] == 1 ? reshape(x, {s[0], 1, s[1], s[2], s[3]}) : permute(x, {0, 4, 1, 2, 3});
}

// x (B, C, D, H, W) to (B D', groups Kd C / groups, H, W): what the taps along the depth meet, as channels of the group
Value depth_as_channels(Value x, const Given& given) {
  const Shape& s = x.shape();
  const int64_t taps = given.windows.kernel[0];
  const int64_t depth = given.windows.count(0, s[2]);
  const Value last = volumes_last(x);
  const Value met = arrange(last, 1, given.windows.places(0, s[2]));  // (B, D' Kd, H, W, C)
  const Value channels = swap_middle(met, taps, s[3] * s[4] * given.groups, s[1] / given.groups);
  return channels_first(reshape(channels, {s[0] * depth, s[3], s[4], taps * s[1]}));
}

// Its transpose: images (B D', groups Kd C / groups, H, W), D' as x has it, summed to volumes (B, C, D, H, W)
Value channels_as_depth(Value images, const Shape& x, const Given& given, int64_t depth) {
  const Shape& s = images.shape();
  const int64_t taps = given.windows.kernel[0];
  const int64_t channels = s[1] / taps;
  const Value met = swap_middle(channels_last(images), s[2] * s[3] * given.groups, taps, channels / given.groups);
  const Value rows = reshape(met, {x[0], x[2] * taps, s[2], s[3], channels});
  return volumes_first(arrange_transpose(rows, 1, given.windows.places(0, depth), depth));
}

Value convolve_volumes(std::span<const Value> inputs, const Given& given) {
  const Shape& x = inputs[0].shape();
  Values parts{depth_as_channels(inputs[0], given), with_depth_in_channels(inputs[1])};
  parts.insert(parts.end(), inputs.begin() + 2, inputs.end());
  const Value images = channels_last(convolve_images("conv2d/1", std::move(parts), given));
  const Shape& y = images.shape();  // (B D', H', W', O)
  return volumes_first(reshape(images, {x[0], given.windows.count(0, x[2]), y[1], y[2], y[3]}));
}

Value transpose_volumes(std::span<const Value> inputs, const Given& given, const Axes& output_padding) {
  const Shape& x = inputs[0].shape();
  const Value images = channels_first(reshape(volumes_last(inputs[0]), {x[0] * x[2], x[3], x[4], x[1]}));
  const Value spread =
      convolve_images("conv_transpose2d/1", {images, with_depth_in_channels(inputs[1])}, given, &output_padding);
  const int64_t depth = transposed_lengths(given.windows, output_padding, x)[0];
  const Value y = channels_as_depth(spread, x, given, depth);
  return inputs.size() == 3 ? y + reshape(inputs[2], {inputs[2].shape()[0], 1, 1, 1}) : y;
}

// ---- As they are recorded

std::string words(const Kind& kind, const char* weight, const char* result, const char* meaning) {
  return fmt::format("x {}, weight ({}, {}), [bias (O)] -> {}: {} of {}s. Padding is before and after each axis",
                     kind.x, weight, kind.kernel, result, meaning, kind.what);
}

void register_forward(OperationRegistry& registry, const Kind& kind, const char* result) {
  Operation operation{.name = fmt::format("conv{}/1", kind.name), .min_inputs = 2, .max_inputs = 3};
  operation.summary = words(kind, "O, C / groups", result, "cross-correlation");
  operation.attributes = settings(kind.axes, {});
  operation.infer = [&kind](const Inference& in) { return infer_forward(in, kind); };
  operation.composed = [&kind](Graph&, std::span<const Value> inputs, const Attributes& attributes) -> Values {
    const Given given(inputs[1].shape(), attributes, 2);
    if (kind.axes == 3) {
      return {convolve_volumes(inputs, given)};
    }
    Values parts{as_row(inputs[0]), as_row(inputs[1])};
    parts.insert(parts.end(), inputs.begin() + 2, inputs.end());
    return {without_row(convolve_images("conv2d/1", std::move(parts), given))};
  };
  registry.add(std::move(operation));
}

void register_transposed(OperationRegistry& registry, const Kind& kind, const char* result) {
  Operation operation{.name = fmt::format("conv_transpose{}/1", kind.name), .min_inputs = 2, .max_inputs = 3};
  operation.summary = words(kind, "C, O / groups", result, "the transpose of cross-correlation");
  operation.attributes = settings(kind.axes, {integers("output_padding", Axes(kind.axes, 0))});
  operation.infer = [&kind](const Inference& in) { return infer_transposed(in, kind); };
  operation.composed = [&kind](Graph&, std::span<const Value> inputs, const Attributes& attributes) -> Values {
    const Given given(inputs[1].shape(), attributes, 3);
    const Axes& output_padding = attributes[2].integers;
    if (kind.axes == 3) {
      return {transpose_volumes(inputs, given, output_padding)};
    }
    Values parts{as_row(inputs[0]), as_row(inputs[1])};
    parts.insert(parts.end(), inputs.begin() + 2, inputs.end());
    return {without_row(convolve_images("conv_transpose2d/1", std::move(parts), given, &output_padding))};
  };
  registry.add(std::move(operation));
}

}  // namespace

void register_convolution_axes(OperationRegistry& registry) {
  register_forward(registry, signals, "(B, O, L')");
  register_forward(registry, volumes, "(B, O, D', H', W')");
  register_transposed(registry, signals, "(B, O, L')");
  register_transposed(registry, volumes, "(B, O, D', H', W')");
}

}  // namespace atelier::ops
