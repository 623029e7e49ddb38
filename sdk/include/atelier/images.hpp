// Operations on images (B, C, H, W) beside convolutions and pooling: upsampling, normalization, warping.
#pragma once

#include <atelier/movement.hpp>
#include <atelier/reductions.hpp>
#include <atelier/shards.hpp>

namespace atelier {

// ---- Upsampling

inline Tensor upsample_nearest2d(At x, int64_t factor = 2) {  // each pixel becomes factor x factor of them
  return detail::call<"upsample_nearest2d/1">({x}, {detail::attribute(Integers({factor, factor}))});
}
// To any number of rows and columns; pixels are areas, and their corners, not their middles, keep their places.
inline Tensor upsample_bilinear2d(At x, int64_t rows, int64_t columns) {
  return detail::call<"upsample_bilinear2d/1">({x}, {detail::attribute(Integers({rows, columns}))});
}

// The same by cubic convolution, a = -0.75.
inline Tensor upsample_bicubic2d(At x, int64_t rows, int64_t columns) {
  return detail::call<"upsample_bicubic2d/1">({x}, {detail::attribute(Integers({rows, columns}))});
}

// ---- Normalization: (x - mean) / sqrt(variance + epsilon) scale + shift

struct BatchNormalized {
  Tensor output, mean, variance;  // the variance is the biased one
};
// By the batch's own statistics, of x (B, C) or (B, C, H, W); all else is (C).
inline BatchNormalized batch_norm(At x, At scale, At shift, double epsilon = 1e-5) {
  const atl_tensor inputs[] = {x.tensor.handle(), scale.tensor.handle(), shift.tensor.handle()};
  const atl_attribute attributes[] = {detail::attribute(epsilon)};
  atl_tensor outputs[3] = {};
  atl_context* context = x.tensor.context();
  detail::apply(context, detail::resolved<"batch_norm/1">(), inputs, 3, attributes, 1, outputs, 3, x.location());
  return {{context, outputs[0]}, {context, outputs[1]}, {context, outputs[2]}};
}
inline Tensor batch_norm_inference(At x, At scale, At shift, At mean, At variance, double epsilon = 1e-5) {
  return detail::call<"batch_norm_inference/1">({x, scale, shift, mean, variance}, {detail::attribute(epsilon)});
}
// By the whole batch's, where training cuts it into shards ([train] shards).
inline BatchNormalized synchronized_batch_norm(At x, At scale, At shift, double epsilon = 1e-5) {
  const CalledFrom caller(x);
  const BatchNormalized piece = batch_norm(x, scale, shift, epsilon);
  const Tensor shards = shard_sum(detail::scalar(x.tensor.context(), 1, x.location()));
  const Tensor mean = shard_sum(piece.mean) / shards;
  const Tensor variance = shard_sum(piece.variance + square(piece.mean - mean)) / shards;
  return {batch_norm_inference(x, scale, shift, mean, variance, epsilon), mean, variance};
}
inline Tensor layer_norm(At x, At scale, At shift, double epsilon = 1e-5) {  // over the axes that the scale has
  return detail::call<"layer_norm/1">({x, scale, shift}, {detail::attribute(epsilon)});
}
inline Tensor instance_norm(At x, At scale, At shift, double epsilon = 1e-5) {  // scale and shift are (C)
  return detail::call<"instance_norm/1">({x, scale, shift}, {detail::attribute(epsilon)});
}
inline Tensor group_norm(At x, int64_t groups, At scale, At shift, double epsilon = 1e-5) {  // scale and shift are (C)
  return detail::call<"group_norm/1">({x, scale, shift}, {detail::attribute(groups), detail::attribute(epsilon)});
}

// ---- Comparing

// The mean over a sample's elements, (B). Channels are stretched where one of the two has one.
inline Tensor squared_error(At a, At b) {
  const CalledFrom caller(a);
  return mean(square(a - b).flatten(), {1});
}
// Images (n, C, H, W), or samples of any other shape (n, C, ...), side by side, as the strips of a view: (n, k, C,
// ...). Grey images are made colours where others are.
inline Tensor strips(const std::vector<Tensor>& samples, Location at = {}) {
  const CalledFrom caller(at);
  int64_t channels = 1;
  for (const Tensor& sample : samples) {
    channels = sample.dim(1) > channels ? sample.dim(1) : channels;
  }
  std::vector<Tensor> parts;
  for (const Tensor& sample : samples) {
    std::vector<int64_t> dims = sample.shape();
    if (dims.size() > 1) {
      dims[1] = channels;
    }
    const Tensor stretched = broadcast_to(sample, dims);
    dims.insert(dims.begin() + (dims.empty() ? 0 : 1), 1);
    parts.push_back(stretched.reshape(dims));
  }
  return concatenate(parts, 1);
}

// Samples (n k, ...), k of each strip after those of the strip before: (n, k, ...).
inline Tensor in_strips(At samples, int64_t n) {
  std::vector<int64_t> dims = samples.tensor.shape();
  if (n > 0 && !dims.empty()) {
    dims[0] /= n;
  }
  dims.insert(dims.begin(), n);
  return samples.tensor.reshape(dims, samples.location());
}

// ---- Warping

// Jaderberg et al. 2015: result pixel (u, v) is x at matrix (u, v, 1), bilinearly, and 0 outside. Columns come before
// rows; both run from -1 to 1, from edge to edge. The matrix is (B, 2, 3), and gets gradients too.
inline Tensor warp(At x, At matrix) {
  return detail::call<"warp/1">({x, matrix});
}
inline Tensor warp(At x, At matrix, int64_t rows, int64_t columns) {
  return detail::call<"warp/1">({x, matrix}, {detail::attribute(Integers({rows, columns}))});
}

namespace detail {

// (B, 2, 3) of its six entries, (B) each.
inline Tensor affine_matrix(std::initializer_list<Tensor> entries) {
  std::vector<Tensor> columns;
  for (const Tensor& entry : entries) {
    columns.push_back(entry.reshape({-1, 1}));
  }
  return concatenate(columns, 1).reshape({-1, 2, 3});
}

}  // namespace detail

// Each image turned counter-clockwise around its middle, by its angle (B) in radians.
inline Tensor rotate(At x, At angles) {
  const CalledFrom caller(x);
  const Tensor c = cos(angles);
  const Tensor s = sin(angles);
  const Tensor zero = angles * 0.0;
  const double aspect = static_cast<double>(x.tensor.dim(2)) / static_cast<double>(x.tensor.dim(3));
  return warp(x, detail::affine_matrix({c, s * -aspect, zero, s * (1 / aspect), c, zero}));
}
// Each image moved to the right and down by so many pixels, (B) each.
inline Tensor translate(At x, At columns, At rows) {
  const CalledFrom caller(x);
  const Tensor zero = columns * 0.0;
  const Tensor one = zero + 1.0;
  const Tensor left = columns * (-2.0 / static_cast<double>(x.tensor.dim(3)));
  const Tensor up = rows * (-2.0 / static_cast<double>(x.tensor.dim(2)));
  return warp(x, detail::affine_matrix({one, zero, left, zero, one, up}));
}

}  // namespace atelier
