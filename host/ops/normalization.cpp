// Normalizations: y = (x - mean) / sqrt(variance + epsilon) scale + shift, with the biased variance. They differ in
// what shares a mean and a variance: a channel of the whole batch (Ioffe & Szegedy 2015), one of each image (Ulyanov et
// al. 2016), a group of channels of each image (Wu & He 2018), or the last axes of each sample (Ba et al. 2016).
#include "ops/functions.hpp"
#include "ops/operations.hpp"
#include "ops/statistics.hpp"

namespace atelier::ops {
namespace {

Value rate_of(Value variance, const Attribute& epsilon) {
  return rsqrt(variance + epsilon.scalar.constant.real);
}

// x (B, C) or (B, C, H, W), or images alone, and as many vectors of C
void require_channels(const Inference& in, bool images_alone) {
  for (size_t i = 0; i < in.count(); ++i) {
    in.require_real(i);
  }
  const Shape& x = in.shape(0);
  if (images_alone) {
    in.require(x.rank() == 4, "got x of {}, expected (B, C, H, W)", to_string(x));
  } else {
    in.require(x.rank() == 2 || x.rank() == 4, "got x of {}, expected (B, C) or (B, C, H, W)", to_string(x));
  }
  in.require(x.elements() > 0, "got x of {}, expected at least one element", to_string(x));
  const Shape channels{x[1]};
  in.require(in.shape(1) == channels && in.shape(2) == channels, "got a scale of {} and a shift of {}, expected {}",
             to_string(in.shape(1)), to_string(in.shape(2)), to_string(channels));
}

// What f makes of x with its channels last.
template <typename Function>
Value by_channels(Value x, Function&& f) {
  return x.shape().rank() == 4 ? channels_first(f(channels_last(x))) : f(x);
}

void register_batch_norm(OperationRegistry& registry) {
  Operation operation{.name = "batch_norm/1",
                      .summary =
                          "x (B, C) or (B, C, H, W), scale (C), shift (C) -> y as x, mean (C), variance (C): each "
                          "channel over the batch and an image's pixels; the variance is the biased one",
                      .min_inputs = 3,
                      .max_inputs = 3,
                      .outputs = 3};
  operation.attributes = {number("epsilon", 1e-5)};
  operation.infer = [](const Inference& in) -> Types {
    require_channels(in, false);
    const int64_t channel_count = in.shape(1).elements();
    in.require(in.shape(0).elements() != channel_count,
               "got {}, one value of each channel, whose variance is 0; expected more than one: a larger batch",
               to_string(in.shape(0)));
    const TensorType channels{in.shape(1), in.real()};
    return {in.input(0), channels, channels};
  };
  operation.composed = [](Graph&, std::span<const Value> inputs, const Attributes& attributes) -> Values {
    Moments found;
    const Value y = by_channels(inputs[0], [&](Value x) {
      found = moments(x, 0, x.shape().rank() - 1);
      return normalize(x, found.mean, rate_of(found.variance, attributes[0]), inputs[1], inputs[2]);
    });
    return {y, found.mean, found.variance};
  };
  registry.add(std::move(operation));
}

void register_batch_norm_inference(OperationRegistry& registry) {
  Operation operation{.name = "batch_norm_inference/1",
                      .summary =
                          "x (B, C) or (B, C, H, W), scale (C), shift (C), mean (C), variance (C) -> as x: by "
                          "given statistics",
                      .min_inputs = 5,
                      .max_inputs = 5};
  operation.attributes = {number("epsilon", 1e-5)};
  operation.infer = [](const Inference& in) -> Types {
    require_channels(in, false);
    in.require(in.shape(3) == in.shape(1) && in.shape(4) == in.shape(1),
               "got a mean of {} and a variance of {}, expected {}", to_string(in.shape(3)), to_string(in.shape(4)),
               to_string(in.shape(1)));
    return {in.input(0)};
  };
  operation.composed = [](Graph&, std::span<const Value> inputs, const Attributes& attributes) -> Values {
    const Value factor = rate_of(inputs[4], attributes[0]) * inputs[1];
    return {by_channels(inputs[0], [&](Value x) { return (x - inputs[3]) * factor + inputs[2]; })};
  };
  registry.add(std::move(operation));
}

// Of x (B, H, W, C), over an image's pixels and the channels of each group, (B, 1, 1, C).
Moments image_moments(Value x, int64_t groups) {
  const Shape from = x.shape();
  const Shape each{from[0], 1, 1, from[3]};
  const Moments alone = moments(x, 1, 2);
  if (groups == from[3]) {
    return {reshape(alone.mean, each), reshape(alone.variance, each)};
  }
  // The variance of a group is the mean of its channels' variances and the variance of their means.
  const Shape grouped{from[0], groups, from[3] / groups};
  const Value means = reshape(alone.mean, grouped);
  const Value mean = ops::mean(means, {2}, true);
  const Value variance = ops::mean(reshape(alone.variance, grouped) + square(means - mean), {2}, true);
  return {reshape(broadcast_to(mean, grouped), each), reshape(broadcast_to(variance, grouped), each)};
}

Value normalize_images(std::span<const Value> inputs, int64_t groups, const Attribute& epsilon) {
  return by_channels(inputs[0], [&](Value x) {
    const Moments found = image_moments(x, groups);
    return normalize(x, found.mean, rate_of(found.variance, epsilon), inputs[1], inputs[2], groups);
  });
}

void register_instance_norm(OperationRegistry& registry) {
  Operation operation{.name = "instance_norm/1",
                      .summary =
                          "x (B, C, H, W), scale (C), shift (C) -> (B, C, H, W): each channel of each image "
                          "(Ulyanov et al. 2016)",
                      .min_inputs = 3,
                      .max_inputs = 3};
  operation.attributes = {number("epsilon", 1e-5)};
  operation.infer = [](const Inference& in) -> Types {
    require_channels(in, true);
    return {in.input(0)};
  };
  operation.composed = [](Graph&, std::span<const Value> inputs, const Attributes& attributes) -> Values {
    return {normalize_images(inputs, inputs[1].shape()[0], attributes[0])};
  };
  registry.add(std::move(operation));
}

void register_group_norm(OperationRegistry& registry) {
  Operation operation{.name = "group_norm/1",
                      .summary =
                          "x (B, C, H, W), scale (C), shift (C) -> (B, C, H, W): each group of channels of each "
                          "image (Wu & He 2018)",
                      .min_inputs = 3,
                      .max_inputs = 3};
  operation.attributes = {integer("groups"), number("epsilon", 1e-5)};
  operation.infer = [](const Inference& in) -> Types {
    require_channels(in, true);
    const int64_t channels = in.shape(0)[1];
    in.require(in.integer(0) >= 1 && channels % in.integer(0) == 0,
               "got {} groups, expected a number that divides {} channels", in.integer(0), channels);
    return {in.input(0)};
  };
  operation.composed = [](Graph&, std::span<const Value> inputs, const Attributes& attributes) -> Values {
    return {normalize_images(inputs, attributes[0].scalar.constant.integer, attributes[1])};
  };
  registry.add(std::move(operation));
}

Value normalize_last(Value x, Value scale, Value shift, const Attribute& epsilon) {
  const size_t count = scale.shape().rank();
  const size_t first = x.shape().rank() - count;
  Shape rows = x.shape();
  for (size_t axis = first; axis < rows.rank(); ++axis) {
    rows[axis] = 1;
  }
  const Moments found = moments(x, first, count);
  return normalize_rows(x, reshape(found.mean, rows), reshape(rate_of(found.variance, epsilon), rows), scale, shift);
}

void register_layer_norm(OperationRegistry& registry) {
  Operation operation{.name = "layer_norm/1",
                      .summary =
                          "x (..., N...), scale (N...), shift (N...) -> (..., N...): over the last axes, as many "
                          "as the scale has (Ba et al. 2016)",
                      .min_inputs = 3,
                      .max_inputs = 3};
  operation.attributes = {number("epsilon", 1e-5)};
  operation.infer = [](const Inference& in) -> Types {
    for (size_t i = 0; i < 3; ++i) {
      in.require_real(i);
    }
    const Shape& x = in.shape(0);
    const Shape& scale = in.shape(1);
    in.require(scale.rank() >= 1 && scale.rank() <= x.rank() && scale == Shape(x.dims().last(scale.rank())) &&
                   in.shape(2) == scale && scale.elements() > 0,
               "got x of {}, a scale of {} and a shift of {}, expected a scale and a shift of x's last axes",
               to_string(x), to_string(scale), to_string(in.shape(2)));
    return {in.input(0)};
  };
  operation.composed = [](Graph&, std::span<const Value> inputs, const Attributes& attributes) -> Values {
    const Shape& scale = inputs[1].shape();
    if (inputs[0].shape().rank() != 4 || scale.rank() != 3) {
      return {normalize_last(inputs[0], inputs[1], inputs[2], attributes[0])};
    }
    const auto turned = [&](Value v) {
      return reshape(channels_last(reshape(v, {1, scale[0], scale[1], scale[2]})), {scale[1], scale[2], scale[0]});
    };
    return {by_channels(
        inputs[0], [&](Value x) { return normalize_last(x, turned(inputs[1]), turned(inputs[2]), attributes[0]); })};
  };
  registry.add(std::move(operation));
}

}  // namespace

void register_normalization(OperationRegistry& registry) {
  register_batch_norm(registry);
  register_batch_norm_inference(registry);
  register_instance_norm(registry);
  register_group_norm(registry);
  register_layer_norm(registry);
}

}  // namespace atelier::ops
