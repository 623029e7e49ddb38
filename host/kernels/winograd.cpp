#include "kernels/winograd.hpp"

#include <algorithm>

#include "kernels/loops/loops.hpp"
#include "kernels/sgemm.hpp"

namespace atelier::kernels {
namespace {

constexpr int64_t cached_elements = 112 * 1024;  // of a core's cache: transformed images and products
constexpr int64_t cached_filters = 160'000;

// For each step of the stride.
int64_t taps_of(const ConvolutionSpec& spec) {
  return std::max<int64_t>(2, ceil_divide(std::max(spec.kernel_height, spec.kernel_width), spec.stride_y));
}

}  // namespace

const WinogradTransforms& winograd_transforms(int64_t taps) {
  return taps == 3 ? active_loops().winograd->three_taps : active_loops().winograd->two_taps;
}

bool WinogradTiles::cover(const ConvolutionSpec& spec) {
  return spec.batch > 0 && spec.in_height * spec.in_width > 0 && (spec.stride_y == 1 || spec.stride_y == 2) &&
         spec.stride_x == spec.stride_y && taps_of(spec) <= 3 && spec.groups == 1 && spec.dilation_y == 1 &&
         spec.dilation_x == 1 && spec.in_channels % winograd_lanes == 0 && spec.out_channels % winograd_lanes == 0;
}

WinogradTiles::WinogradTiles(const ConvolutionSpec& spec)
    : spec_(spec),
      taps_(taps_of(spec)),
      rows_(ceil_divide(spec.out_height(), winograd_results)),
      columns_(ceil_divide(spec.out_width(), winograd_results)),
      transforms_(&winograd_transforms(taps_)) {
  ATELIER_CHECK(cover(spec));
}

void WinogradTiles::find_pixels(int64_t tile, int64_t phase, const float* x, const float** pixels) const {
  const int64_t stride = spec_.stride_y;
  const int64_t in_image = tile % of_image();
  const int64_t top = in_image / columns_ * winograd_results * stride + phase / stride - spec_.pad_top;
  const int64_t left = in_image % columns_ * winograd_results * stride + phase % stride - spec_.pad_left;
  const float* const image = x + tile / of_image() * spec_.in_height * spec_.in_width * spec_.in_channels;
  for (int64_t i = 0; i < points(); ++i) {
    const int64_t row = top + i * stride;
    for (int64_t j = 0; j < points(); ++j) {
      const int64_t column = left + j * stride;
      const bool is_inside = row >= 0 && row < spec_.in_height && column >= 0 && column < spec_.in_width;
      pixels[i * points() + j] = is_inside ? image + (row * spec_.in_width + column) * spec_.in_channels : nullptr;
    }
  }
}

WinogradTiles::Steps WinogradTiles::dense_steps() const {
  const int64_t row = spec_.out_width() * spec_.out_channels;
  return {spec_.out_height() * row, row, spec_.out_channels};
}

template <typename Float>
void WinogradTiles::find_results(int64_t tile, Float* y, const Steps& steps, Float** results) const {
  const int64_t in_image = tile % of_image();
  const int64_t top = in_image / columns_ * winograd_results;
  const int64_t left = in_image % columns_ * winograd_results;
  Float* const first = y + tile / of_image() * steps.image + top * steps.row + left * steps.pixel;
  for (int64_t i = 0; i < winograd_results; ++i) {
    for (int64_t j = 0; j < winograd_results; ++j) {
      const bool is_inside = top + i < spec_.out_height() && left + j < spec_.out_width();
      results[i * winograd_results + j] = is_inside ? first + i * steps.row + j * steps.pixel : nullptr;
    }
  }
}
template void WinogradTiles::find_results(int64_t, float*, const Steps&, float**) const;
template void WinogradTiles::find_results(int64_t, const float*, const Steps&, const float**) const;

std::vector<WinogradFilters> winograd_filters(const ConvolutionSpec& spec) {
  const int64_t stride = spec.stride_y, side = taps_of(spec);
  std::vector<WinogradFilters> out;
  for (int64_t phase = 0; phase < stride * stride; ++phase) {
    WinogradFilters filters{.first = 0,
                            .first_channel = phase * spec.in_channels,
                            .channels = spec.in_channels,
                            .result_channels = spec.out_channels,
                            .all_channels = stride * stride * spec.in_channels,
                            .channel = spec.taps(),
                            .result = spec.in_channels * spec.taps(),
                            .side = side,
                            .taps = {}};
    for (int64_t tap = 0; tap < side * side; ++tap) {
      const int64_t ky = tap / side * stride + phase / stride;
      const int64_t kx = tap % side * stride + phase % stride;
      const bool is_there = ky < spec.kernel_height && kx < spec.kernel_width;
      filters.taps.push_back(is_there ? ky * spec.kernel_width + kx : WinogradFilters::no_tap);
    }
    out.push_back(std::move(filters));
  }
  return out;
}

WinogradProduct::WinogradProduct(const ConvolutionSpec& spec)
    : spec_(spec), tiles_(spec), panels_(spec.out_channels, winograd_lanes) {}

int64_t WinogradProduct::tiles_at_once() const {
  if (filter_elements() > cached_filters) {
    return most_tiles;
  }
  const int64_t tiles = cached_elements / (image_elements(1) + product_elements(1));
  return std::clamp(tiles, fewest_tiles, most_tiles) / product_rows * product_rows;
}

int64_t WinogradProduct::rows_of(int64_t tiles) {
  return ceil_divide(tiles, product_rows) * product_rows;
}

void WinogradProduct::transform_image(int64_t tile, int64_t row, int64_t rows, const float* x, float* images) const {
  const float* pixels[WinogradTiles::most_places] = {};
  float* places[WinogradTiles::most_places];
  const int64_t apart = WinogradTiles::apart(rows * tiles_.channels());
  for (int64_t phase = 0; phase < tiles_.phases(); ++phase) {
    if (tile < tiles_.count()) {
      tiles_.find_pixels(tile, phase, x, pixels);
    }
    for (int64_t place = 0; place < tiles_.places(); ++place) {
      places[place] = images + place * apart + row * tiles_.channels() + phase * spec_.in_channels;
    }
    tiles_.transforms().image(pixels, places, spec_.in_channels);
  }
}

void WinogradProduct::multiply_panel(int64_t panel, int64_t first, int64_t tiles, int64_t rows, const float* images,
                                     const float* filters, float* products, float* y,
                                     const WinogradTiles::Steps& steps) const {
  const int64_t channels = tiles_.channels(), width = panels_.width();
  const int64_t images_apart = WinogradTiles::apart(rows * channels);
  const int64_t filters_apart = WinogradTiles::apart(channels * panels_.columns());
  const int64_t products_apart = WinogradTiles::apart(rows * width);
  for (int64_t place = 0; place < tiles_.places(); ++place) {
    multiply(false, false, rows_of(tiles), width, channels, images + place * images_apart, channels,
             filters + place * filters_apart + panel * channels * width, width, false,
             products + place * products_apart, width);
  }
  const float* places[WinogradTiles::most_places];
  float* results[winograd_results * winograd_results];
  for (int64_t tile = 0; tile < tiles; ++tile) {
    for (int64_t place = 0; place < tiles_.places(); ++place) {
      places[place] = products + place * products_apart + tile * width;
    }
    tiles_.find_results(first + tile, y + panel * width, steps, results);
    tiles_.transforms().result(places, results, width);
  }
}

}  // namespace atelier::kernels
