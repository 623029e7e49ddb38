// Matrices (K, N) in panels: blocks of neighbouring columns, each stored (K, width) by itself. A product reads such a
// matrix from one end to the other, where rows of all N elements lie pages apart. oneDNN's sgemm, which does not copy
// what it multiplies where a side is short, reached on one core of a Zen 3 (AVX2; 1024-cubed: 80 to 90 GFLOP/s) with 64
// to 256 rows of patches and N = 512 46 to 60 GFLOP/s, and with panels of 64 columns 67 to 92.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/image_patches.hpp"
#include "kernels/making.hpp"

namespace atelier::kernels {

class Panels {
 public:
  // Of widths that are multiples of `unit`, as `columns` is.
  explicit Panels(int64_t columns, int64_t unit = 1)
      : columns_(columns), width_(unit * divisor_up_to(widest / unit, columns / unit)) {
    if (width_ < narrowest) {
      width_ = columns;
    }
  }
  // As they lie, rows of all columns.
  static Panels whole(int64_t columns) {
    Panels panels(columns);
    panels.width_ = columns;
    return panels;
  }
  [[nodiscard]] int64_t columns() const { return columns_; }
  [[nodiscard]] int64_t width() const { return width_; }
  [[nodiscard]] int64_t count() const { return columns_ / width_; }

 private:
  static constexpr int64_t widest = 64, narrowest = 16;

  int64_t columns_, width_;
};

// Turns a matrix (rows, columns) whose rows lie `stride` elements apart: by way of a buffer of that size in a core's
// cache, where the places that its columns go to lie pages apart.
inline void turn(const float* matrix, int64_t stride, int64_t rows, int64_t columns, float* out) {
  for (int64_t row = 0; row < rows; ++row) {
    for (int64_t column = 0; column < columns; ++column) {
      out[column * rows + row] = matrix[row * stride + column];
    }
  }
}

// Rows of a convolution's result, without groups: patches times weights (Kh Kw C, O) in panels. A long patch is taken
// in parts, whose products add up.
class PanelProduct {
 public:
  // `rows_per_piece`: of the result image, that are computed in one go or in equal parts of it. An image has the same
  // bits wherever it stands in a batch.
  PanelProduct(const ConvolutionSpec& spec, int64_t rows_per_piece);

  [[nodiscard]] int64_t rows_at_once() const { return rows_at_once_; }
  [[nodiscard]] size_t patch_bytes() const { return patch_bytes_; }
  // y: as many rows, of O channels a pixel. `patches` has patch_bytes().
  void run(RowRange rows, const float* x, const float* weights, float* y, float* patches) const;

 private:
  struct PatchPart {
    TapRange taps;
    int64_t first_line, lines;
  };

  void cut_patches(int64_t lines_at_most);

  ConvolutionSpec spec_;
  Panels panels_;
  std::vector<PatchPart> parts_;
  int64_t rows_at_once_ = 1;
  size_t patch_bytes_ = 0;
};

}  // namespace atelier::kernels
