// Convolutions of float32, without groups, as products with panels. With P the pixels of y and K = Kh Kw C:
//   y (P, O) = patches(x) (P, K) w,   dw(tap) (C, O) = tap(x)^T dy, with dy in panels.
#include "kernels/convolution_methods.hpp"
#include "kernels/movement.hpp"
#include "kernels/panels.hpp"
#include "kernels/sgemm.hpp"
#include "kernels/tap_pieces.hpp"

namespace atelier::kernels {
namespace {

using tensor::DType;

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
      taps_first(weights + first * taps, channels * taps, width, at_once_ * taps, rows);
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

// Phase 0: dy's panels; phase 1: products, for some taps each over all images; phase 2: the taps last, as weights have
// them.
class PanelsWeightGradient : public Kernel {
 public:
  explicit PanelsWeightGradient(const ConvolutionSpec& spec)
      : spec_(spec),
        taps_(spec),
        panels_(spec.out_channels),
        rows_(spec.batch * spec.out_height()),
        rows_at_once_(std::clamp<int64_t>(gathered_elements / (spec.out_width() * taps_.most_lines()), 1, rows_)),
        turn_(make_permute(DType::f32, {spec.taps(), spec.in_channels, spec.out_channels}, {2, 1, 0})) {}

  [[nodiscard]] int64_t phases() const override { return 3; }
  [[nodiscard]] int64_t pieces(int64_t phase) const override {
    return phase == 0 ? panels_.count() : phase == 1 ? taps_.count() : turn_->pieces(0);
  }
  [[nodiscard]] size_t workspace_bytes() const override {
    return static_cast<size_t>(spec_.weight_elements() + pixels() * spec_.out_channels) * sizeof(float);
  }
  [[nodiscard]] size_t scratch_bytes() const override {
    return std::max(static_cast<size_t>(rows_at_once_ * spec_.out_width() * taps_.most_lines()) * sizeof(float),
                    turn_->scratch_bytes());
  }

  void run(int64_t phase, int64_t piece, const Arguments& arguments) const override {
    auto* weights = reinterpret_cast<float*>(arguments.workspace);
    float* panels = weights + spec_.weight_elements();
    if (phase == 0) {
      pack(piece, static_cast<const float*>(arguments.inputs[1]), panels);
    } else if (phase == 1) {
      multiply_taps(piece, static_cast<const float*>(arguments.inputs[0]), panels, weights,
                    reinterpret_cast<float*>(arguments.scratch));
    } else {
      const void* inputs[] = {weights};
      turn_->run(0, piece, {inputs, arguments.outputs, arguments.operands, nullptr, arguments.scratch});
    }
  }

 private:
  static constexpr int64_t gathered_elements = 1 << 17;  // they stay in a core's cache

  [[nodiscard]] int64_t pixels() const { return rows_ * spec_.out_width(); }

  void pack(int64_t panel, const float* dy, float* panels) const {
    const float* from = dy + panel * panels_.width();
    float* to = panels + panel * pixels() * panels_.width();
    for (int64_t pixel = 0; pixel < pixels(); ++pixel) {
      to = std::copy_n(from + pixel * spec_.out_channels, panels_.width(), to);
    }
  }

  void multiply_taps(int64_t piece, const float* x, const float* panels, float* weights, float* gathered) const {
    const TapRange taps = taps_.taps_of(piece);
    const int64_t lines = TapPieces::lines_of(taps);
    float* dw = weights + (taps.first_tap * spec_.in_channels + taps.first_channel) * spec_.out_channels;
    for (int64_t row = 0; row < rows_; row += rows_at_once_) {
      const RowRange rows{row, std::min(rows_, row + rows_at_once_)};
      gather_taps(spec_, 0, taps, rows, x, gathered);
      for (int64_t panel = 0; panel < panels_.count(); ++panel) {
        multiply(true, false, lines, panels_.width(), (rows.last - rows.first) * spec_.out_width(), gathered, lines,
                 panels + (panel * pixels() + row * spec_.out_width()) * panels_.width(), panels_.width(), row > 0,
                 dw + panel * panels_.width(), spec_.out_channels);
      }
    }
  }

  ConvolutionSpec spec_;
  TapPieces taps_;
  Panels panels_;
  int64_t rows_, rows_at_once_;
  std::unique_ptr<Kernel> turn_;
};

}  // namespace

std::unique_ptr<Kernel> make_panels_packed_weights(const ConvolutionSpec& spec) {
  return std::make_unique<PanelsPackedWeights>(spec);
}

std::unique_ptr<Kernel> make_panels_forward(const ConvolutionSpec& spec) {
  return std::make_unique<PanelsForward>(spec);
}

std::unique_ptr<Kernel> make_panels_weight_gradient(const ConvolutionSpec& spec) {
  return std::make_unique<PanelsWeightGradient>(spec);
}

}  // namespace atelier::kernels
