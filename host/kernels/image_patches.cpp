#include "kernels/image_patches.hpp"

#include <algorithm>

namespace atelier::kernels {
namespace {

// Calls f(image row b H + y or -1 where outside, first column of the image, part of the patches) for each kernel row
// of each patch; a part is Kw C / groups long.
template <typename Function>
void for_each_patch_row(const ConvolutionSpec& spec, RowRange rows, Function&& f) {
  const int64_t height = spec.out_height();
  const int64_t width = spec.out_width();
  int64_t part = 0;
  for (int64_t row = rows.first; row < rows.last; ++row) {
    const int64_t image = row / height;
    for (int64_t ox = 0; ox < width; ++ox) {
      for (int64_t ky = 0; ky < spec.kernel_height; ++ky, ++part) {
        const int64_t y = row % height * spec.stride_y + ky * spec.dilation_y - spec.pad_top;
        const bool is_inside = y >= 0 && y < spec.in_height;
        f(is_inside ? image * spec.in_height + y : -1, ox * spec.stride_x - spec.pad_left, part);
      }
    }
  }
}

// The taps of a kernel row that begins at `column` and lie inside the image: [first, last).
struct Inside {
  int64_t first, last;
};
Inside taps_inside(const ConvolutionSpec& spec, int64_t column) {
  const int64_t d = spec.dilation_x;
  const int64_t first = column >= 0 ? 0 : (-column + d - 1) / d;
  const int64_t last = spec.in_width - column <= 0 ? 0 : (spec.in_width - column - 1) / d + 1;
  const int64_t begin = std::min(first, spec.kernel_width);
  return {begin, std::clamp(last, begin, spec.kernel_width)};
}

// Whether the taps of a kernel row are neighbours in the image.
bool lies_together(const ConvolutionSpec& spec) {
  return spec.groups == 1 && spec.dilation_x == 1;
}

}  // namespace

template <typename T>
void gather_patches(const ConvolutionSpec& spec, int64_t group, RowRange rows, const T* x, T* patches) {
  const int64_t channels = spec.group_in_channels();
  const int64_t length = spec.kernel_width * channels;
  for_each_patch_row(spec, rows, [&](int64_t image_row, int64_t column, int64_t part) {
    T* out = patches + part * length;
    const Inside inside = image_row < 0 ? Inside{0, 0} : taps_inside(spec, column);
    std::fill(out, out + inside.first * channels, T(0));
    const T* row = x + image_row * spec.in_width * spec.in_channels + group * channels;
    const int64_t together = lies_together(spec) ? inside.last - inside.first : 1;
    for (int64_t kx = inside.first; kx < inside.last; kx += together) {
      std::copy_n(row + (column + kx * spec.dilation_x) * spec.in_channels, together * channels, out + kx * channels);
    }
    std::fill(out + inside.last * channels, out + length, T(0));
  });
}

template <typename T>
void spread_patches(const ConvolutionSpec& spec, int64_t group, const T* patches, T* image) {
  const int64_t channels = spec.group_in_channels();
  for_each_patch_row(spec, {0, spec.out_height()}, [&](int64_t image_row, int64_t column, int64_t part) {
    if (image_row < 0) {
      return;
    }
    const Inside inside = taps_inside(spec, column);
    T* row = image + image_row * spec.in_width * spec.in_channels + group * channels;
    const T* source = patches + part * spec.kernel_width * channels;
    const int64_t together = lies_together(spec) ? inside.last - inside.first : 1;
    for (int64_t kx = inside.first; kx < inside.last; kx += together) {
      T* out = row + (column + kx * spec.dilation_x) * spec.in_channels;
      for (int64_t c = 0; c < together * channels; ++c) {
        out[c] += source[kx * channels + c];
      }
    }
  });
}

template <typename T>
void gather_taps(const ConvolutionSpec& spec, int64_t group, const TapRange& taps, RowRange rows, const T* x, T* out) {
  const int64_t height = spec.out_height();
  const int64_t first_channel = group * spec.group_in_channels() + taps.first_channel;
  const int64_t length = (taps.last_tap - taps.first_tap) * taps.channels;  // of a pixel
  for (int64_t row = rows.first; row < rows.last; ++row) {
    const T* image = x + row / height * spec.in_height * spec.in_width * spec.in_channels + first_channel;
    const int64_t top = row % height * spec.stride_y - spec.pad_top;
    for (int64_t ox = 0; ox < spec.out_width(); ++ox, out += length) {
      T* part = out;
      for (int64_t tap = taps.first_tap; tap < taps.last_tap; ++tap, part += taps.channels) {
        const int64_t y = top + tap / spec.kernel_width * spec.dilation_y;
        const int64_t column = ox * spec.stride_x + tap % spec.kernel_width * spec.dilation_x - spec.pad_left;
        if (y >= 0 && y < spec.in_height && column >= 0 && column < spec.in_width) {
          std::copy_n(image + (y * spec.in_width + column) * spec.in_channels, taps.channels, part);
        } else {
          std::fill_n(part, taps.channels, T(0));
        }
      }
    }
  }
}

template void gather_patches(const ConvolutionSpec&, int64_t, RowRange, const float*, float*);
template void gather_patches(const ConvolutionSpec&, int64_t, RowRange, const double*, double*);
template void spread_patches(const ConvolutionSpec&, int64_t, const float*, float*);
template void spread_patches(const ConvolutionSpec&, int64_t, const double*, double*);
template void gather_taps(const ConvolutionSpec&, int64_t, const TapRange&, RowRange, const float*, float*);
template void gather_taps(const ConvolutionSpec&, int64_t, const TapRange&, RowRange, const double*, double*);
template void gather_taps(const ConvolutionSpec&, int64_t, const TapRange&, RowRange, const uint16_t*, uint16_t*);

}  // namespace atelier::kernels
