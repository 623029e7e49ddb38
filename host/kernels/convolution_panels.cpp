// Convolutions of float32, without groups, as products of patches with weights in panels.
#include "kernels/convolution_methods.hpp"
#include "kernels/panels.hpp"

namespace atelier::kernels {
namespace {

// A piece is some rows of the result.
class PanelsForward : public Kernel {
 public:
  explicit PanelsForward(const ConvolutionSpec& spec)
      : rows_per_piece_(rows_per_piece(spec)),
        pieces_(spec.batch * spec.out_height() / rows_per_piece_),
        row_elements_(spec.out_width() * spec.out_channels),
        product_(spec, rows_per_piece_) {}

  [[nodiscard]] int64_t pieces(int64_t) const override { return pieces_; }
  [[nodiscard]] size_t scratch_bytes() const override { return product_.patch_bytes(); }
  [[nodiscard]] std::optional<ElementRange> finished(int64_t piece) const override {
    return ElementRange{piece * rows_per_piece_ * row_elements_, rows_per_piece_ * row_elements_};
  }

  void run(int64_t, int64_t piece, const Arguments& arguments) const override {
    const int64_t last = (piece + 1) * rows_per_piece_;
    for (int64_t row = piece * rows_per_piece_; row < last; row += product_.rows_at_once()) {
      product_.run({row, row + product_.rows_at_once()}, static_cast<const float*>(arguments.inputs[0]),
                   static_cast<const float*>(arguments.inputs[1]),
                   static_cast<float*>(arguments.outputs[0]) + row * row_elements_,
                   reinterpret_cast<float*>(arguments.scratch));
    }
  }

 private:
  int64_t rows_per_piece_, pieces_, row_elements_;
  PanelProduct product_;
};

class PanelsPackedWeights : public Kernel {
 public:
  explicit PanelsPackedWeights(const ConvolutionSpec& spec)
      : spec_(spec), panels_(spec.out_channels), at_once_(divisor_up_to(8, spec.in_channels)) {}

  [[nodiscard]] int64_t pieces(int64_t) const override { return panels_.count(); }
  [[nodiscard]] size_t scratch_bytes() const override {
    return static_cast<size_t>(at_once_ * spec_.taps() * panels_.width()) * sizeof(float);
  }

  void run(int64_t, int64_t panel, const Arguments& arguments) const override {
    const int64_t channels = spec_.in_channels, taps = spec_.taps(), width = panels_.width();
    const float* weights = static_cast<const float*>(arguments.inputs[0]) + panel * width * channels * taps;
    float* out = static_cast<float*>(arguments.outputs[0]) + panel * width * channels * taps;
    auto* rows = reinterpret_cast<float*>(arguments.scratch);
    for (int64_t first = 0; first < channels; first += at_once_) {
      turn(weights + first * taps, channels * taps, width, at_once_ * taps, rows);
      for (int64_t i = 0; i < at_once_ * taps; ++i) {
        std::copy_n(rows + i * width, width, out + (i % taps * channels + first + i / taps) * width);
      }
    }
  }

 private:
  ConvolutionSpec spec_;
  Panels panels_;
  int64_t at_once_;  // channels: they lie together, as memory is read best
};

}  // namespace

std::unique_ptr<Kernel> make_panels_packed_weights(const ConvolutionSpec& spec) {
  return std::make_unique<PanelsPackedWeights>(spec);
}

std::unique_ptr<Kernel> make_panels_forward(const ConvolutionSpec& spec) {
  return std::make_unique<PanelsForward>(spec);
}

}  // namespace atelier::kernels
