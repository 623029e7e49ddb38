// Data gradients phase by phase, each a product of patches with weights in panels.
#include "kernels/convolution_phases.hpp"

#include "kernels/convolution_methods.hpp"
#include "kernels/panels.hpp"

namespace atelier::kernels {
namespace {

AxisPhase axis_phase(int64_t offset, int64_t stride, int64_t kernel, int64_t pad, int64_t length) {
  const int64_t first_tap = (offset + pad) % stride;
  const int64_t taps = ceil_divide(kernel - first_tap, stride);
  const int64_t whole = (offset + pad - first_tap) / stride;
  return {offset, first_tap, taps, taps - 1 - whole, ceil_divide(length - offset, stride)};
}

}  // namespace

std::vector<GradientPhase> gradient_phases(const ConvolutionSpec& spec) {
  std::vector<GradientPhase> out;
  int64_t first_weight = 0;
  for (int64_t py = 0; py < spec.stride_y; ++py) {
    for (int64_t px = 0; px < spec.stride_x; ++px) {
      const AxisPhase y = axis_phase(py, spec.stride_y, spec.kernel_height, spec.pad_top, spec.in_height);
      const AxisPhase x = axis_phase(px, spec.stride_x, spec.kernel_width, spec.pad_left, spec.in_width);
      const ConvolutionSpec own{.batch = spec.batch,
                                .in_channels = spec.out_channels,
                                .out_channels = spec.in_channels,
                                .in_height = spec.out_height(),
                                .in_width = spec.out_width(),
                                .kernel_height = y.taps,
                                .kernel_width = x.taps,
                                .pad_top = y.pad,
                                .pad_bottom = y.length - 1 + y.taps - spec.out_height() - y.pad,
                                .pad_left = x.pad,
                                .pad_right = x.length - 1 + x.taps - spec.out_width() - x.pad};
      out.push_back({y, x, own, first_weight});
      first_weight += out.back().weights();
    }
  }
  return out;
}

namespace {

// A piece is some images with all their phases.
class PhasesDataGradient : public Kernel {
 public:
  explicit PhasesDataGradient(const ConvolutionSpec& spec)
      : spec_(spec), images_(images_per_piece(spec)), phases_(gradient_phases(spec)) {
    std::erase_if(phases_, [](const GradientPhase& phase) { return phase.y.length == 0 || phase.x.length == 0; });
    for (const GradientPhase& phase : phases_) {
      products_.emplace_back(phase.spec, images_ * phase.y.length);
      const PanelProduct& product = products_.back();
      patch_bytes_ = std::max(patch_bytes_, product.patch_bytes());
      result_elements_ = std::max(result_elements_, product.rows_at_once() * phase.x.length * spec.in_channels);
    }
  }

  [[nodiscard]] int64_t pieces(int64_t) const override { return spec_.batch / images_; }
  [[nodiscard]] size_t scratch_bytes() const override {
    return patch_bytes_ + static_cast<size_t>(result_elements_) * sizeof(float);
  }
  [[nodiscard]] std::optional<ElementRange> finished(int64_t piece) const override {
    const int64_t image = spec_.in_height * spec_.in_width * spec_.in_channels;
    return ElementRange{piece * images_ * image, images_ * image};
  }

  void run(int64_t, int64_t piece, const Arguments& arguments) const override {
    auto* patches = reinterpret_cast<float*>(arguments.scratch);
    auto* result = reinterpret_cast<float*>(arguments.scratch + patch_bytes_);
    for (size_t i = 0; i < phases_.size(); ++i) {
      const PanelProduct& product = products_[i];
      const int64_t height = phases_[i].y.length;
      const int64_t last = (piece + 1) * images_ * height;
      for (int64_t row = piece * images_ * height; row < last; row += product.rows_at_once()) {
        const RowRange rows{row, row + product.rows_at_once()};
        product.run(rows, static_cast<const float*>(arguments.inputs[0]),
                    static_cast<const float*>(arguments.inputs[1]) + phases_[i].first_weight, result, patches);
        put(phases_[i], rows, result, static_cast<float*>(arguments.outputs[0]));
      }
    }
  }

 private:
  void put(const GradientPhase& phase, RowRange rows, const float* result, float* dx) const {
    const int64_t channels = spec_.in_channels;
    for (int64_t row = rows.first; row < rows.last; ++row) {
      const int64_t y = row / phase.y.length * spec_.in_height + row % phase.y.length * spec_.stride_y + phase.y.offset;
      float* to = dx + (y * spec_.in_width + phase.x.offset) * channels;
      for (int64_t x = 0; x < phase.x.length; ++x, result += channels, to += spec_.stride_x * channels) {
        std::copy_n(result, channels, to);
      }
    }
  }

  ConvolutionSpec spec_;
  int64_t images_;
  std::vector<GradientPhase> phases_;
  std::vector<PanelProduct> products_;
  size_t patch_bytes_ = 0;
  int64_t result_elements_ = 0;
};

// Each phase's taps in reverse, (taps, O, C) with C in panels.
class PhasesPackedWeights : public Kernel {
 public:
  explicit PhasesPackedWeights(const ConvolutionSpec& spec)
      : spec_(spec), panels_(spec.in_channels), taps_(static_cast<size_t>(spec.taps())) {
    for (const GradientPhase& phase : gradient_phases(spec)) {
      const int64_t taps = phase.y.taps * phase.x.taps;
      for (int64_t tap = 0; tap < taps; ++tap) {
        const int64_t ky = phase.y.first_tap + spec.stride_y * (phase.y.taps - 1 - tap / phase.x.taps);
        const int64_t kx = phase.x.first_tap + spec.stride_x * (phase.x.taps - 1 - tap % phase.x.taps);
        taps_[static_cast<size_t>(ky * spec.kernel_width + kx)] = {phase.first_weight, taps, tap};
      }
    }
  }

  [[nodiscard]] int64_t pieces(int64_t) const override { return piece_count(); }
  [[nodiscard]] size_t scratch_bytes() const override {
    return static_cast<size_t>(spec_.taps() * panels_.width()) * sizeof(float);
  }

  void run(int64_t, int64_t piece, const Arguments& arguments) const override {
    const int64_t width = panels_.width(), taps = spec_.taps();
    const int64_t channels = spec_.out_channels / piece_count();
    auto* rows = reinterpret_cast<float*>(arguments.scratch);
    for (int64_t channel = piece * channels; channel < (piece + 1) * channels; ++channel) {
      for (int64_t panel = 0; panel < panels_.count(); ++panel) {
        turn(static_cast<const float*>(arguments.inputs[0]) + (channel * spec_.in_channels + panel * width) * taps,
             taps, width, taps, rows);
        for (int64_t tap = 0; tap < taps; ++tap) {
          const TapPlace& to = taps_[static_cast<size_t>(tap)];
          std::copy_n(rows + tap * width, width,
                      static_cast<float*>(arguments.outputs[0]) + to.first_weight +
                          ((panel * to.taps + to.tap) * spec_.out_channels + channel) * width);
        }
      }
    }
  }

 private:
  struct TapPlace {  // where a phase has a tap of the kernel
    int64_t first_weight, taps, tap;
  };

  [[nodiscard]] int64_t piece_count() const { return divisor_up_to(16, spec_.out_channels); }

  ConvolutionSpec spec_;
  Panels panels_;
  std::vector<TapPlace> taps_;
};

}  // namespace

std::unique_ptr<Kernel> make_phases_packed_weights(const ConvolutionSpec& spec) {
  return std::make_unique<PhasesPackedWeights>(spec);
}

std::unique_ptr<Kernel> make_phases_data_gradient(const ConvolutionSpec& spec) {
  return std::make_unique<PhasesDataGradient>(spec);
}

}  // namespace atelier::kernels
