// Convolutions (cross-correlations, as everywhere in the field) and their transposes, over signals (B, C, L), images
// (B, C, H, W) and volumes (B, C, D, H, W); and the patches that they see. Those of images are the second versions of
// their operations, whose rounding errors may be some ten times those of a sum of products (sdk/operations.md).
#pragma once

#include <atelier/axes.hpp>
#include <atelier/tensor.hpp>

namespace atelier {

template <size_t axes>
struct ConvolutionOver {
  Lengths<axes> stride = 1;
  Borders<axes> padding = 0;
  Lengths<axes> dilation = 1;
  int64_t groups = 1;
  Lengths<axes> output_padding = 0;  // of a transposed one
};
using Convolution1d = ConvolutionOver<1>;
using Convolution = ConvolutionOver<2>;
using Convolution3d = ConvolutionOver<3>;

namespace detail {

template <OperationName name, size_t count, size_t axes>
ATELIER_OWN Tensor convolution(const At (&inputs)[count], const ConvolutionOver<axes>& c) {
  return call<name>(inputs, {attribute(Integers(c.stride.list())), attribute(Integers(c.padding.list())),
                             attribute(Integers(c.dilation.list())), attribute(c.groups)});
}
template <OperationName name, size_t count, size_t axes>
ATELIER_OWN Tensor transposed_convolution(const At (&inputs)[count], const ConvolutionOver<axes>& c) {
  return call<name>(inputs, {attribute(Integers(c.stride.list())), attribute(Integers(c.padding.list())),
                             attribute(Integers(c.output_padding.list())), attribute(Integers(c.dilation.list())),
                             attribute(c.groups)});
}

}  // namespace detail

inline Tensor conv1d(At x, At weight, const Convolution1d& c = {}) {  // (B, C, L), (O, C / groups, K)
  return detail::convolution<"conv1d/1">({x, weight}, c);
}
inline Tensor conv1d(At x, At weight, At bias, const Convolution1d& c = {}) {  // and (O)
  return detail::convolution<"conv1d/1">({x, weight, bias}, c);
}
inline Tensor conv2d(At x, At weight, const Convolution& c = {}) {  // (B, C, H, W), (O, C / groups, Kh, Kw)
  return detail::convolution<"conv2d/2">({x, weight}, c);
}
inline Tensor conv2d(At x, At weight, At bias, const Convolution& c = {}) {  // and (O)
  return detail::convolution<"conv2d/2">({x, weight, bias}, c);
}
inline Tensor conv3d(At x, At weight, const Convolution3d& c = {}) {  // (B, C, D, H, W), (O, C / groups, Kd, Kh, Kw)
  return detail::convolution<"conv3d/1">({x, weight}, c);
}
inline Tensor conv3d(At x, At weight, At bias, const Convolution3d& c = {}) {  // and (O)
  return detail::convolution<"conv3d/1">({x, weight, bias}, c);
}
inline Tensor conv_transpose1d(At x, At weight, const Convolution1d& c = {}) {  // (B, C, L), (C, O / groups, K)
  return detail::transposed_convolution<"conv_transpose1d/1">({x, weight}, c);
}
inline Tensor conv_transpose1d(At x, At weight, At bias, const Convolution1d& c = {}) {  // and (O)
  return detail::transposed_convolution<"conv_transpose1d/1">({x, weight, bias}, c);
}
inline Tensor conv_transpose2d(At x, At weight, const Convolution& c = {}) {  // (B, C, H, W), (C, O / groups, Kh, Kw)
  return detail::transposed_convolution<"conv_transpose2d/2">({x, weight}, c);
}
inline Tensor conv_transpose2d(At x, At weight, At bias, const Convolution& c = {}) {  // and (O)
  return detail::transposed_convolution<"conv_transpose2d/2">({x, weight, bias}, c);
}
inline Tensor conv_transpose3d(At x, At weight,
                               const Convolution3d& c = {}) {  // (B, C, D, H, W), (C, O / groups, Kd, Kh, Kw)
  return detail::transposed_convolution<"conv_transpose3d/1">({x, weight}, c);
}
inline Tensor conv_transpose3d(At x, At weight, At bias, const Convolution3d& c = {}) {  // and (O)
  return detail::transposed_convolution<"conv_transpose3d/1">({x, weight, bias}, c);
}

// ---- Patches

struct Patches {  // rows and columns
  Sides stride = 1;
  Borders<2> padding = 0;
  Sides dilation = 1;
};

// (B, C, H, W) to (B, C Kh Kw, places): the patch under the kernel at each of its places, as a column (im2col).
inline Tensor unfold(At x, Sides kernel, const Patches& p = {}) {
  return detail::call<"unfold/1">(
      {x}, {detail::attribute(Integers(kernel.list())), detail::attribute(Integers(p.stride.list())),
            detail::attribute(Integers(p.padding.list())), detail::attribute(Integers(p.dilation.list()))});
}
// (B, C Kh Kw, places) to (B, C, size): the patches summed where unfold has them from.
inline Tensor fold(At columns, Sides size, Sides kernel, const Patches& p = {}) {
  return detail::call<"fold/1">(
      {columns}, {detail::attribute(Integers(size.list())), detail::attribute(Integers(kernel.list())),
                  detail::attribute(Integers(p.stride.list())), detail::attribute(Integers(p.padding.list())),
                  detail::attribute(Integers(p.dilation.list()))});
}

}  // namespace atelier
