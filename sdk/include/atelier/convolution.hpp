// Convolutions (cross-correlations, as everywhere in the field) and their transposes, over images (B, C, H, W).
#pragma once

#include <atelier/tensor.hpp>

namespace atelier {

struct Sides {  // one number for rows and columns, or one for each
  int64_t rows = 0, columns = 0;
  constexpr Sides(int64_t both) : rows(both), columns(both) {}
  constexpr Sides(int64_t of_rows, int64_t of_columns) : rows(of_rows), columns(of_columns) {}
};

struct Convolution {  // rows and columns
  int64_t stride = 1;
  int64_t padding = 0;
  int64_t dilation = 1;
  int64_t groups = 1;
  Sides output_padding = 0;  // of a transposed one
};

namespace detail {

inline Tensor convolution(atl_operation operation, At x, std::initializer_list<atl_tensor> inputs, Convolution c) {
  return apply(
      x.tensor.context(), operation, inputs,
      {attribute(Integers({c.stride, c.stride})), attribute(Integers({c.padding, c.padding, c.padding, c.padding})),
       attribute(Integers({c.dilation, c.dilation})), attribute(c.groups)},
      x.location());
}
inline Tensor transposed_convolution(atl_operation operation, At x, std::initializer_list<atl_tensor> inputs,
                                     Convolution c) {
  return apply(
      x.tensor.context(), operation, inputs,
      {attribute(Integers({c.stride, c.stride})), attribute(Integers({c.padding, c.padding, c.padding, c.padding})),
       attribute(Integers({c.output_padding.rows, c.output_padding.columns})),
       attribute(Integers({c.dilation, c.dilation})), attribute(c.groups)},
      x.location());
}

}  // namespace detail

inline Tensor conv2d(At x, At weight, Convolution c = {}) {  // (B, C, H, W), (O, C / groups, Kh, Kw)
  static const atl_operation resolved = detail::operation("conv2d/1");
  return detail::convolution(resolved, x, {x.tensor.handle(), weight.tensor.handle()}, c);
}
inline Tensor conv2d(At x, At weight, At bias, Convolution c = {}) {  // and (O)
  static const atl_operation resolved = detail::operation("conv2d/1");
  return detail::convolution(resolved, x, {x.tensor.handle(), weight.tensor.handle(), bias.tensor.handle()}, c);
}
inline Tensor conv_transpose2d(At x, At weight, Convolution c = {}) {  // (B, C, H, W), (C, O / groups, Kh, Kw)
  static const atl_operation resolved = detail::operation("conv_transpose2d/1");
  return detail::transposed_convolution(resolved, x, {x.tensor.handle(), weight.tensor.handle()}, c);
}
inline Tensor conv_transpose2d(At x, At weight, At bias, Convolution c = {}) {  // and (O)
  static const atl_operation resolved = detail::operation("conv_transpose2d/1");
  return detail::transposed_convolution(resolved, x, {x.tensor.handle(), weight.tensor.handle(), bias.tensor.handle()},
                                        c);
}

}  // namespace atelier
