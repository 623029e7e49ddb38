// Operations on images (B, C, H, W) beside convolutions: pooling, upsampling, normalization, warping.
#pragma once

#include <algorithm>
#include <atelier/movement.hpp>
#include <atelier/reductions.hpp>

namespace atelier {

struct Pooling {  // rows and columns
  int64_t kernel = 2;
  int64_t stride = 0;         // 0: the kernel's length, so that windows touch
  int64_t padding = 0;        // below the kernel's length; its pixels are never a maximum
  bool count_padding = true;  // whether they count, as zeros, in an average
};

// ---- Pooling

inline Tensor max_pool2d(At x, Pooling p = {}) {  // of equals in a window, the first one gets the gradient
  static const atl_operation resolved = detail::operation("max_pool2d/1");
  const int64_t stride = p.stride == 0 ? p.kernel : p.stride;
  return detail::apply(
      x.tensor.context(), resolved, {x.tensor.handle()},
      {detail::attribute(Integers({p.kernel, p.kernel})), detail::attribute(Integers({stride, stride})),
       detail::attribute(Integers({p.padding, p.padding, p.padding, p.padding}))},
      x.location());
}
inline Tensor avg_pool2d(At x, Pooling p = {}) {
  static const atl_operation resolved = detail::operation("avg_pool2d/1");
  const int64_t stride = p.stride == 0 ? p.kernel : p.stride;
  return detail::apply(
      x.tensor.context(), resolved, {x.tensor.handle()},
      {detail::attribute(Integers({p.kernel, p.kernel})), detail::attribute(Integers({stride, stride})),
       detail::attribute(Integers({p.padding, p.padding, p.padding, p.padding})),
       detail::attribute(int64_t{p.count_padding})},
      x.location());
}
inline Tensor global_avg_pool2d(At x) {  // to (B, C)
  static const atl_operation resolved = detail::operation("global_avg_pool2d/1");
  return detail::apply(x.tensor.context(), resolved, {x.tensor.handle()}, {}, x.location());
}

// ---- Upsampling

inline Tensor upsample_nearest2d(At x, int64_t factor = 2) {  // each pixel becomes factor x factor of them
  static const atl_operation resolved = detail::operation("upsample_nearest2d/1");
  return detail::apply(x.tensor.context(), resolved, {x.tensor.handle()},
                       {detail::attribute(Integers({factor, factor}))}, x.location());
}
// To any number of rows and columns; pixels are areas, and their corners, not their middles, keep their places.
inline Tensor upsample_bilinear2d(At x, int64_t rows, int64_t columns) {
  static const atl_operation resolved = detail::operation("upsample_bilinear2d/1");
  return detail::apply(x.tensor.context(), resolved, {x.tensor.handle()},
                       {detail::attribute(Integers({rows, columns}))}, x.location());
}

// ---- Normalization: (x - mean) / sqrt(variance + epsilon) scale + shift

struct BatchNormalized {
  Tensor output, mean, variance;  // the variance is the biased one
};
// By the batch's own statistics, of x (B, C) or (B, C, H, W); all else is (C).
inline BatchNormalized batch_norm(At x, At scale, At shift, double epsilon = 1e-5) {
  static const atl_operation resolved = detail::operation("batch_norm/1");
  const atl_tensor inputs[] = {x.tensor.handle(), scale.tensor.handle(), shift.tensor.handle()};
  const atl_attribute attributes[] = {detail::attribute(epsilon)};
  atl_tensor outputs[3] = {};
  detail::apply(x.tensor.context(), resolved, inputs, 3, attributes, 1, outputs, 3, x.location());
  atl_context* context = x.tensor.context();
  return {{context, outputs[0]}, {context, outputs[1]}, {context, outputs[2]}};
}
inline Tensor batch_norm_inference(At x, At scale, At shift, At mean, At variance, double epsilon = 1e-5) {
  static const atl_operation resolved = detail::operation("batch_norm_inference/1");
  return detail::apply(
      x.tensor.context(), resolved,
      {x.tensor.handle(), scale.tensor.handle(), shift.tensor.handle(), mean.tensor.handle(), variance.tensor.handle()},
      {detail::attribute(epsilon)}, x.location());
}
inline Tensor layer_norm(At x, At scale, At shift, double epsilon = 1e-5) {  // over the axes that the scale has
  static const atl_operation resolved = detail::operation("layer_norm/1");
  return detail::apply(x.tensor.context(), resolved, {x.tensor.handle(), scale.tensor.handle(), shift.tensor.handle()},
                       {detail::attribute(epsilon)}, x.location());
}
inline Tensor instance_norm(At x, At scale, At shift, double epsilon = 1e-5) {  // scale and shift are (C)
  static const atl_operation resolved = detail::operation("instance_norm/1");
  return detail::apply(x.tensor.context(), resolved, {x.tensor.handle(), scale.tensor.handle(), shift.tensor.handle()},
                       {detail::attribute(epsilon)}, x.location());
}
inline Tensor group_norm(At x, int64_t groups, At scale, At shift, double epsilon = 1e-5) {  // scale and shift are (C)
  static const atl_operation resolved = detail::operation("group_norm/1");
  return detail::apply(x.tensor.context(), resolved, {x.tensor.handle(), scale.tensor.handle(), shift.tensor.handle()},
                       {detail::attribute(groups), detail::attribute(epsilon)}, x.location());
}

// ---- Comparing

// The mean over a sample's elements, (B). Channels are stretched where one of the two has one.
inline Tensor squared_error(At a, At b) {
  const auto here = [&](Tensor tensor) { return At(tensor, a.location()); };
  return mean(here(square(here(a - b)).flatten(a.location())), {1});
}
// Images (n, C, H, W) of one size side by side, as the strips of a view: (n, k, C, H, W). Grey ones are made colours
// where others are.
inline Tensor strips(const std::vector<Tensor>& images, Location at = {}) {
  int64_t channels = 1;
  for (const Tensor& image : images) {
    channels = std::max(channels, image.dim(1));
  }
  std::vector<Tensor> parts;
  for (const Tensor& image : images) {
    const std::vector<int64_t> all = {image.dim(0), channels, image.dim(2), image.dim(3)};
    parts.push_back(broadcast_to(At(image, at), all).reshape({all[0], 1, all[1], all[2], all[3]}, at));
  }
  return concatenate(parts, 1, at);
}

// Images (n k, C, H, W), k of each strip after those of the strip before: (n, k, C, H, W).
inline Tensor in_strips(At images, int64_t n) {
  const Tensor& x = images.tensor;
  return x.reshape({n, x.dim(0) / n, x.dim(1), x.dim(2), x.dim(3)}, images.location());
}

// ---- Warping

// Jaderberg et al. 2015: result pixel (u, v) is x at matrix (u, v, 1), bilinearly, and 0 outside. Columns come before
// rows; both run from -1 to 1, from edge to edge. The matrix is (B, 2, 3), and gets gradients too.
inline Tensor warp(At x, At matrix) {
  static const atl_operation resolved = detail::operation("warp/1");
  return detail::apply(x.tensor.context(), resolved, {x.tensor.handle(), matrix.tensor.handle()}, {}, x.location());
}
inline Tensor warp(At x, At matrix, int64_t rows, int64_t columns) {
  static const atl_operation resolved = detail::operation("warp/1");
  return detail::apply(x.tensor.context(), resolved, {x.tensor.handle(), matrix.tensor.handle()},
                       {detail::attribute(Integers({rows, columns}))}, x.location());
}

namespace detail {

// (B, 2, 3) of its six entries, (B) each.
inline Tensor affine_matrix(std::initializer_list<Tensor> entries, Location at) {
  std::vector<Tensor> columns;
  for (const Tensor& entry : entries) {
    columns.push_back(entry.reshape({-1, 1}, at));
  }
  return concatenate(columns, 1, at).reshape({-1, 2, 3}, at);
}

}  // namespace detail

// Each image turned counter-clockwise around its middle, by its angle (B) in radians.
inline Tensor rotate(At x, At angles) {
  const Location at = x.location();
  const Tensor c = cos(angles);
  const Tensor s = sin(angles);
  const Tensor zero = At(angles.tensor, at) * 0.0;
  const double aspect = static_cast<double>(x.tensor.dim(2)) / static_cast<double>(x.tensor.dim(3));
  return warp(x, At(detail::affine_matrix({c, At(s, at) * -aspect, zero, At(s, at) * (1 / aspect), c, zero}, at), at));
}
// Each image moved to the right and down by so many pixels, (B) each.
inline Tensor translate(At x, At columns, At rows) {
  const Location at = x.location();
  const Tensor zero = At(columns.tensor, at) * 0.0;
  const Tensor one = At(zero, at) + 1.0;
  const Tensor left = columns * (-2.0 / static_cast<double>(x.tensor.dim(3)));
  const Tensor up = rows * (-2.0 / static_cast<double>(x.tensor.dim(2)));
  return warp(x, At(detail::affine_matrix({one, zero, left, zero, one, up}, at), at));
}

}  // namespace atelier
