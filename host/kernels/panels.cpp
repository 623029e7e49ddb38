#include "kernels/panels.hpp"

#include <algorithm>

#include "kernels/sgemm.hpp"

namespace atelier::kernels {
namespace {

constexpr int64_t most_lines = 1024;  // of a part of a patch: its panel's part stays in a core's cache
constexpr int64_t fewest_lines = 256;
constexpr int64_t most_patch_bytes = 256 * 1024;  // of what is gathered at once: it does, too
constexpr int64_t fewest_pixels = 48;             // of a product that reaches most of its speed

bool rounds_alike(int64_t pixels) {
  return pixels % product_rows == 0 || pixels % product_rows > 3;
}

// Rows of the result for one product, a divisor of a piece's. Where some round in another way, these are the same of
// each image: then a product has rows of one image alone.
int64_t rows_of_product(const ConvolutionSpec& spec, int64_t rows_per_piece, int64_t most) {
  int64_t best = 1;
  for (int64_t rows = 1; rows <= std::min(most, rows_per_piece); ++rows) {
    const bool is_cut =
        spec.out_height() % rows == 0 || (rows % spec.out_height() == 0 && rounds_alike(rows * spec.out_width()));
    best = is_cut && rows_per_piece % rows == 0 ? rows : best;
  }
  return best;
}

}  // namespace

PanelProduct::PanelProduct(const ConvolutionSpec& spec, int64_t rows_per_piece)
    : spec_(spec), panels_(spec.out_channels) {
  // Shorter parts leave room for more pixels.
  for (int64_t lines = most_lines; lines >= fewest_lines; lines /= 2) {
    cut_patches(lines);
    const int64_t longest = std::ranges::max_element(parts_, {}, &PatchPart::lines)->lines;
    const int64_t row_bytes = spec.out_width() * longest * static_cast<int64_t>(sizeof(float));
    rows_at_once_ = rows_of_product(spec, rows_per_piece, most_patch_bytes / row_bytes);
    patch_bytes_ = static_cast<size_t>(rows_at_once_ * row_bytes);
    if (rows_at_once_ * spec.out_width() >= fewest_pixels) {
      break;
    }
  }
}

void PanelProduct::cut_patches(int64_t lines_at_most) {
  parts_.clear();
  const int64_t channels = std::min(spec_.in_channels, lines_at_most);
  const int64_t taps = std::max<int64_t>(1, lines_at_most / spec_.in_channels);
  for (int64_t tap = 0; tap < spec_.taps(); tap += taps) {
    for (int64_t channel = 0; channel < spec_.in_channels; channel += channels) {
      const TapRange range{tap, std::min(spec_.taps(), tap + taps), channel,
                           std::min(channels, spec_.in_channels - channel)};
      parts_.push_back({range, tap * spec_.in_channels + channel, (range.last_tap - range.first_tap) * range.channels});
    }
  }
}

void PanelProduct::run(RowRange rows, const float* x, const float* weights, float* y, float* patches) const {
  const int64_t lines = spec_.in_channels * spec_.taps();
  const int64_t pixels = (rows.last - rows.first) * spec_.out_width();
  for (const PatchPart& part : parts_) {
    gather_taps(spec_, 0, part.taps, rows, x, patches);
    for (int64_t panel = 0; panel < panels_.count(); ++panel) {
      const float* of_panel = weights + (panel * lines + part.first_line) * panels_.width();
      multiply(false, false, pixels, panels_.width(), part.lines, patches, part.lines, of_panel, panels_.width(),
               part.first_line > 0, y + panel * panels_.width(), panels_.columns());
    }
  }
}

}  // namespace atelier::kernels
