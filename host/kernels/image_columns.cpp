#include "kernels/image_columns.hpp"

#include <algorithm>

namespace atelier::kernels {
namespace {

// The ox whose ox * stride + shift lies in [0, length): [first, last).
struct Inside {
  int64_t first;
  int64_t last;
};
Inside inside(int64_t shift, int64_t stride, int64_t length, int64_t out_length) {
  const int64_t first = shift >= 0 ? 0 : (-shift + stride - 1) / stride;
  const int64_t last = length - shift <= 0 ? 0 : (length - shift - 1) / stride + 1;
  return {std::min(first, out_length), std::clamp(last, std::min(first, out_length), out_length)};
}

// Calls f(row of the columns' matrix for one output row, row of the image or -1, first and last ox inside, shift).
template <typename Function>
void for_each_row(const ConvolutionSpec& spec, int64_t channels, Function&& f) {
  const int64_t out_height = spec.out_height();
  const int64_t out_width = spec.out_width();
  int64_t offset = 0;
  for (int64_t c = 0; c < channels; ++c) {
    for (int64_t ky = 0; ky < spec.kernel_height; ++ky) {
      for (int64_t kx = 0; kx < spec.kernel_width; ++kx) {
        const int64_t shift = kx * spec.dilation_x - spec.pad_left;
        const Inside columns = inside(shift, spec.stride_x, spec.in_width, out_width);
        for (int64_t oy = 0; oy < out_height; ++oy, offset += out_width) {
          const int64_t y = oy * spec.stride_y + ky * spec.dilation_y - spec.pad_top;
          const bool is_inside = y >= 0 && y < spec.in_height;
          f(offset, is_inside ? (c * spec.in_height + y) * spec.in_width : -1, columns, shift);
        }
      }
    }
  }
}

}  // namespace

template <typename T>
void image_to_columns(const ConvolutionSpec& spec, int64_t channels, const T* x, T* columns) {
  const int64_t width = spec.out_width();
  for_each_row(spec, channels, [&](int64_t offset, int64_t image_row, const Inside& in, int64_t shift) {
    T* out = columns + offset;
    if (image_row < 0) {
      std::fill_n(out, width, T(0));
      return;
    }
    std::fill(out, out + in.first, T(0));
    const T* row = x + image_row;
    if (spec.stride_x == 1) {
      std::copy(row + in.first + shift, row + in.last + shift, out + in.first);
    } else {
      for (int64_t ox = in.first; ox < in.last; ++ox) {
        out[ox] = row[ox * spec.stride_x + shift];
      }
    }
    std::fill(out + in.last, out + width, T(0));
  });
}

template <typename T>
void columns_to_image(const ConvolutionSpec& spec, int64_t channels, const T* columns, T* x) {
  std::fill_n(x, channels * spec.in_height * spec.in_width, T(0));
  for_each_row(spec, channels, [&](int64_t offset, int64_t image_row, const Inside& in, int64_t shift) {
    if (image_row < 0) {
      return;
    }
    T* row = x + image_row;
    const T* source = columns + offset;
    for (int64_t ox = in.first; ox < in.last; ++ox) {
      row[ox * spec.stride_x + shift] += source[ox];
    }
  });
}

template void image_to_columns(const ConvolutionSpec&, int64_t, const float*, float*);
template void image_to_columns(const ConvolutionSpec&, int64_t, const double*, double*);
template void columns_to_image(const ConvolutionSpec&, int64_t, const float*, float*);
template void columns_to_image(const ConvolutionSpec&, int64_t, const double*, double*);

}  // namespace atelier::kernels
