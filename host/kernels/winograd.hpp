// Convolutions by minimal filtering (Lavin & Gray 2016, Fast Algorithms for Convolutional Neural Networks). Along an
// axis four results of r taps take n = r + 3 products,
//   y = Aᵀ ((G w) (Bᵀ x)),
// and of images a tile of 4 x 4 results takes n x n for each pair of channels, where the definition has 16 r². What
// stands at one place of all tiles is a matrix (tiles, channels), and the products of a place are one of matrices. With
// a stride s a filter of s r taps is s² filters of r taps, each of one phase of the image: every s-th pixel of every
// s-th row, as channels of their own. Filters with fewer taps have zeros. Three taps are taken at the points 0, 1, -1,
// 2, -2 and infinity, two at 0, 1, -1, 2 and infinity; rounding errors are some ten times those of the definition.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/convolution.hpp"
#include "kernels/loops/winograd.hpp"
#include "kernels/panels.hpp"

namespace atelier::kernels {

const WinogradTransforms& winograd_transforms(int64_t taps);

// The tiles of a batch's results, image by image, row by row.
class WinogradTiles {
 public:
  // Filters of at most three taps for each step of a stride of 1 or 2, along their longer side; of one group, without
  // dilation, of channels in eights; of a batch that has pixels.
  static bool cover(const ConvolutionSpec& spec);

  explicit WinogradTiles(const ConvolutionSpec& spec);

  [[nodiscard]] int64_t taps() const { return taps_; }                  // r
  [[nodiscard]] int64_t points() const { return taps_ + 3; }            // n
  [[nodiscard]] int64_t places() const { return points() * points(); }  // of a tile's products
  [[nodiscard]] int64_t phases() const { return spec_.stride_y * spec_.stride_x; }
  [[nodiscard]] int64_t channels() const { return phases() * spec_.in_channels; }
  [[nodiscard]] int64_t columns() const { return columns_; }
  [[nodiscard]] int64_t rows() const { return rows_; }
  [[nodiscard]] int64_t of_image() const { return rows_ * columns_; }
  [[nodiscard]] int64_t count() const { return spec_.batch * of_image(); }
  [[nodiscard]] const WinogradTransforms& transforms() const { return *transforms_; }

  static constexpr int64_t most_places = 36;
  static constexpr int64_t most_taps = 9;  // r x r
  // Elements from one place's matrix of so many to the next one's: powers of two would fall on the same lines of a
  // cache.
  static constexpr int64_t gap = 16;
  static int64_t apart(int64_t elements) { return elements + gap; }

  // Where the n x n pixels of a phase under a tile begin; null outside of the image.
  void find_pixels(int64_t tile, int64_t phase, const float* x, const float** pixels) const;
  // Where its 4 x 4 results stand, null outside: images, rows and pixels that many elements apart.
  struct Steps {
    int64_t image, row, pixel;
  };
  [[nodiscard]] Steps dense_steps() const;  // (B, H', W', O)
  template <typename Float>
  void find_results(int64_t tile, Float* y, const Steps& steps, Float** results) const;

 private:
  ConvolutionSpec spec_;
  int64_t taps_, rows_, columns_;
  const WinogradTransforms* transforms_;
};

// The r x r filters of one phase: w(o, c, tap) is at `channel` c + `result` o + taps[tap] of the weights, and at row
// first_channel + c of the product's matrices of filters, which begin at `first` of the packed ones.
struct WinogradFilters {
  static constexpr int64_t no_tap = -1;  // a zero

  int64_t first, first_channel;
  int64_t channels, result_channels;  // c, o
  int64_t all_channels;               // of the product
  int64_t channel, result;            // elements from one to the next
  int64_t side;                       // r
  std::vector<int64_t> taps;

  [[nodiscard]] int64_t places() const { return (side + 3) * (side + 3); }
};
std::vector<WinogradFilters> winograd_filters(const ConvolutionSpec& spec);

// What becomes of tiles, some at a time, as products of matrices with as many rows as round alike (kernels/sgemm.hpp):
// a tile has the same bits wherever it stands.
class WinogradProduct {
 public:
  explicit WinogradProduct(const ConvolutionSpec& spec);

  [[nodiscard]] const WinogradTiles& tiles() const { return tiles_; }
  [[nodiscard]] const Panels& panels() const { return panels_; }
  [[nodiscard]] int64_t filter_elements() const {
    return tiles_.places() * WinogradTiles::apart(tiles_.channels() * panels_.columns());
  }

  // Tiles of a product: fewer are slow, more are not faster.
  static constexpr int64_t fewest_tiles = 24, most_tiles = 96;
  // As many as stay in a core's cache with their products for a panel; where filters do not, as many as use them well.
  [[nodiscard]] int64_t tiles_at_once() const;
  static int64_t rows_of(int64_t tiles);
  [[nodiscard]] int64_t image_elements(int64_t rows) const {
    return tiles_.places() * WinogradTiles::apart(rows * tiles_.channels());
  }
  [[nodiscard]] int64_t product_elements(int64_t rows) const {
    return tiles_.places() * WinogradTiles::apart(rows * panels_.width());
  }

  // Row `row` of `images` (places, rows, channels): a tile, or zeros from the batch's end on.
  void transform_image(int64_t tile, int64_t row, int64_t rows, const float* x, float* images) const;
  // Results of a panel of tiles [first, first + tiles), of `images` with that many rows, by `filters` (places, panels,
  // channels, width).
  void multiply_panel(int64_t panel, int64_t first, int64_t tiles, int64_t rows, const float* images,
                      const float* filters, float* products, float* y, const WinogradTiles::Steps& steps) const;

 private:
  ConvolutionSpec spec_;
  WinogradTiles tiles_;
  Panels panels_;
};

}  // namespace atelier::kernels
