// Images as matrices whose columns are the patches under a kernel, so that a convolution is a product of matrices.
#pragma once

#include "kernels/convolution.hpp"

namespace atelier::kernels {

// columns (channels kernel_height kernel_width, out_height out_width) of an image x (channels, in_height, in_width).
template <typename T>
void image_to_columns(const ConvolutionSpec& spec, int64_t channels, const T* x, T* columns);

// Its transpose: each element of x becomes the sum, in a fixed order, of all places where it stands in the columns.
template <typename T>
void columns_to_image(const ConvolutionSpec& spec, int64_t channels, const T* columns, T* x);

}  // namespace atelier::kernels
