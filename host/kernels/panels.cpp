#include "kernels/panels.hpp"

#include "kernels/sgemm.hpp"

namespace atelier::kernels {
namespace {

constexpr int64_t most_lines = 1024;              // of a part of a patch: its panel's part stays in a core's cache
constexpr int64_t most_patch_bytes = 256 * 1024;  // of what is gathered at once: it does, too

}  // namespace

PanelProduct::PanelProduct(const ConvolutionSpec& spec, int64_t rows_per_piece)
    : spec_(spec), panels_(spec.out_channels) {
  const int64_t channels = std::min(spec.in_channels, most_lines);
  const int64_t taps = std::max<int64_t>(1, most_lines / spec.in_channels);
  int64_t longest = 0;
  for (int64_t tap = 0; tap < spec.taps(); tap += taps) {
    for (int64_t channel = 0; channel < spec.in_channels; channel += channels) {
      const TapRange range{tap, std::min(spec.taps(), tap + taps), channel,
                           std::min(channels, spec.in_channels - channel)};
      const int64_t lines = (range.last_tap - range.first_tap) * range.channels;
      parts_.push_back({range, tap * spec.in_channels + channel, lines});
      longest = std::max(longest, lines);
    }
  }
  const int64_t row_bytes = spec.out_width() * longest * static_cast<int64_t>(sizeof(float));
  rows_at_once_ = divisor_up_to(most_patch_bytes / row_bytes, rows_per_piece);
  patch_bytes_ = static_cast<size_t>(rows_at_once_ * row_bytes);
}

void PanelProduct::run(RowRange rows, const float* x, const float* weights, float* y, float* patches) const {
  const int64_t lines = spec_.in_channels * spec_.taps();
  const int64_t pixels = (rows.last - rows.first) * spec_.out_width();
  for (const Part& part : parts_) {
    gather_taps(spec_, 0, part.taps, rows, x, patches);
    for (int64_t panel = 0; panel < panels_.count(); ++panel) {
      const float* of_panel = weights + (panel * lines + part.first_line) * panels_.width();
      multiply(false, false, pixels, panels_.width(), part.lines, patches, part.lines, of_panel, panels_.width(),
               part.first_line > 0, y + panel * panels_.width(), panels_.columns());
    }
  }
}

}  // namespace atelier::kernels
