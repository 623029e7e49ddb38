// Normalization over the batch (Ioffe & Szegedy 2015).
#include "ops/functions.hpp"
#include "ops/operations.hpp"

namespace atelier::ops {
namespace {

// x (B, C) or (B, C, H, W), scale (C), shift (C) -> y, mean (C), biased variance (C)
Types infer_batch_norm(const Inference& in) {
  for (size_t i = 0; i < 3; ++i) {
    in.require_real(i);
  }
  const Shape& x = in.shape(0);
  in.require(x.rank() == 2 || x.rank() == 4, "got x of {}, expected (B, C) or (B, C, H, W)", to_string(x));
  const Shape channels{x[1]};
  in.require(in.shape(1) == channels && in.shape(2) == channels, "got a scale of {} and a shift of {}, expected {}",
             to_string(in.shape(1)), to_string(in.shape(2)), to_string(channels));
  return {in.input(0), {channels, in.real()}, {channels, in.real()}};
}

// y = (x - mean) / sqrt(variance + epsilon) scale + shift, by channel
Values compose_batch_norm(Graph&, std::span<const Value> inputs, const Attributes& attributes) {
  const Value x = inputs[0];
  const bool images = x.shape().rank() == 4;
  const Axes others = images ? Axes{0, 2, 3} : Axes{0};
  const Shape channels = inputs[1].shape();
  const Shape column = images ? Shape{channels[0], 1, 1} : channels;
  const Value mean = ops::mean(x, others);
  const Value centered = x - reshape(mean, column);
  const Value variance = ops::mean(square(centered), others);
  const Value factor = rsqrt(variance + attributes[0].scalar.constant.real) * inputs[1];
  return {centered * reshape(factor, column) + reshape(inputs[2], column), mean, variance};
}

}  // namespace

void register_normalization(OperationRegistry& registry) {
  Operation operation{.name = "batch_norm/1", .min_inputs = 3, .max_inputs = 3, .outputs = 3};
  operation.attributes = {number("epsilon", 1e-5)};
  operation.infer = infer_batch_norm;
  operation.composed = compose_batch_norm;
  registry.add(std::move(operation));
}

}  // namespace atelier::ops
