// Convolutions as products with gathered patches. With P the pixels of y, K = Kh Kw C and packed weights w (K, O):
//   y (P, O) = patches(x) (P, K) w,   patches(dx) = dy w^T,   dw(tap) (C, O) = tap(x)^T dy.
#include <algorithm>

#include "base/error.hpp"
#include "kernels/convolution_methods.hpp"
#include "kernels/gemm.hpp"
#include "kernels/image_patches.hpp"
#include "kernels/making.hpp"
#include "kernels/movement.hpp"
#include "kernels/panels.hpp"
#include "kernels/sgemm.hpp"
#include "kernels/tap_pieces.hpp"

namespace atelier::kernels {
namespace {

using tensor::DType;

constexpr int64_t patch_bytes = 1 << 19;  // of what is gathered at once: it stays in a core's cache

// Result rows whose patches, of that many elements a pixel, stay in a core's cache.
int64_t rows_that_fit(const ConvolutionSpec& spec, int64_t patch, size_t element) {
  return patch_bytes / std::max<int64_t>(1, spec.out_width() * patch * static_cast<int64_t>(element));
}

// A piece is some rows of the result of one group.
template <typename T>
class PatchesForward : public Kernel {
 public:
  explicit PatchesForward(const ConvolutionSpec& spec)
      : spec_(spec),
        patch_(spec.group_in_channels() * spec.taps()),
        rows_per_piece_(rows_per_piece(spec)),
        rows_at_once_(divisor_up_to(rows_that_fit(spec, patch_, sizeof(T)), rows_per_piece_)),
        row_pieces_(std::max<int64_t>(1, spec.batch * spec.out_height() / rows_per_piece_)) {}

  [[nodiscard]] int64_t pieces(int64_t) const override { return row_pieces_ * spec_.groups; }
  [[nodiscard]] size_t scratch_bytes() const override {
    return static_cast<size_t>(rows_at_once_ * spec_.out_width() * patch_) * sizeof(T);
  }
  [[nodiscard]] std::optional<ElementRange> finished(int64_t piece) const override {
    const int64_t piece_elements = rows_per_piece_ * spec_.out_width() * spec_.out_channels;
    return spec_.groups == 1 && spec_.batch > 0 ? std::optional(ElementRange{piece * piece_elements, piece_elements})
                                                : std::nullopt;
  }

  void run(int64_t, int64_t piece, const Arguments& arguments) const override {
    const int64_t group = piece / row_pieces_;
    const int64_t first = piece % row_pieces_ * rows_per_piece_;
    const int64_t last = std::min(spec_.batch * spec_.out_height(), first + rows_per_piece_);
    const int64_t out_channels = spec_.group_out_channels();
    const T* x = static_cast<const T*>(arguments.inputs[0]);
    const T* w = static_cast<const T*>(arguments.inputs[1]) + group * patch_ * out_channels;
    T* patches = reinterpret_cast<T*>(arguments.scratch);
    for (int64_t row = first; row < last; row += rows_at_once_) {
      const RowRange rows{row, row + rows_at_once_};
      gather_patches(spec_, group, rows, x, patches);
      T* y =
          static_cast<T*>(arguments.outputs[0]) + row * spec_.out_width() * spec_.out_channels + group * out_channels;
      multiply(false, false, (rows.last - rows.first) * spec_.out_width(), out_channels, patch_, patches, patch_, w,
               out_channels, false, y, spec_.out_channels);
    }
  }

 private:
  ConvolutionSpec spec_;
  int64_t patch_, rows_per_piece_, rows_at_once_, row_pieces_;
};

// A piece is some images with all their groups, since patches overlap.
template <typename T>
class PatchesDataGradient : public Kernel {
 public:
  explicit PatchesDataGradient(const ConvolutionSpec& spec)
      : spec_(spec),
        patch_(spec.group_in_channels() * spec.taps()),
        pixels_(spec.out_height() * spec.out_width()),
        images_(images_per_piece(spec)) {}

  [[nodiscard]] int64_t pieces(int64_t) const override { return std::max<int64_t>(1, spec_.batch / images_); }
  [[nodiscard]] size_t scratch_bytes() const override { return static_cast<size_t>(pixels_ * patch_) * sizeof(T); }
  [[nodiscard]] std::optional<ElementRange> finished(int64_t piece) const override {
    const int64_t image = spec_.in_height * spec_.in_width * spec_.in_channels;
    return spec_.batch > 0 ? std::optional(ElementRange{piece * images_ * image, images_ * image}) : std::nullopt;
  }

  void run(int64_t, int64_t piece, const Arguments& arguments) const override {
    const int64_t out_channels = spec_.group_out_channels();
    const int64_t image = spec_.in_height * spec_.in_width * spec_.in_channels;
    T* patches = reinterpret_cast<T*>(arguments.scratch);
    for (int64_t b = piece * images_; b < std::min(spec_.batch, (piece + 1) * images_); ++b) {
      T* dx = static_cast<T*>(arguments.outputs[0]) + b * image;
      std::fill_n(dx, image, T(0));
      for (int64_t group = 0; group < spec_.groups; ++group) {
        const T* dy =
            static_cast<const T*>(arguments.inputs[0]) + b * pixels_ * spec_.out_channels + group * out_channels;
        const T* w = static_cast<const T*>(arguments.inputs[1]) + group * out_channels * patch_;
        multiply(false, false, pixels_, patch_, out_channels, dy, spec_.out_channels, w, patch_, false, patches,
                 patch_);
        spread_patches(spec_, group, patches, dx);
      }
    }
  }

 private:
  ConvolutionSpec spec_;
  int64_t patch_, pixels_, images_;
};

// Products, for some taps each over all images, and then the taps last, as weights have them; before both, dy in panels
// where that is wanted and there are several.
template <typename T>
class TapsWeightGradient : public Kernel {
 public:
  TapsWeightGradient(const ConvolutionSpec& spec, const Panels& panels)
      : spec_(spec),
        taps_(spec),
        panels_(panels),
        rows_(spec.batch * spec.out_height()),
        rows_at_once_(std::max<int64_t>(1, std::min(rows_, rows_that_fit(spec, taps_.most_lines(), sizeof(T))))),
        turn_(make_permute(dtype, {spec.groups, spec.taps(), spec.group_in_channels(), spec.group_out_channels()},
                           {0, 3, 2, 1})) {
    if (panels_.count() > 1) {
      pack_ = make_permute(dtype, {pixels(), panels_.count(), panels_.width()}, {1, 0, 2});
    }
  }

  [[nodiscard]] int64_t phases() const override { return pack_ ? 3 : 2; }
  [[nodiscard]] int64_t pieces(int64_t phase) const override {
    const Kernel* const moving = moved_by(phase);
    return moving ? moving->pieces(0) : taps_.count();
  }
  [[nodiscard]] size_t workspace_bytes() const override {
    return static_cast<size_t>(spec_.weight_elements() + (pack_ ? pixels() * spec_.out_channels : 0)) * sizeof(T);
  }
  [[nodiscard]] size_t scratch_bytes() const override {
    return std::max({static_cast<size_t>(rows_at_once_ * spec_.out_width() * taps_.most_lines()) * sizeof(T),
                     turn_->scratch_bytes(), pack_ ? pack_->scratch_bytes() : 0});
  }

  void run(int64_t phase, int64_t piece, const Arguments& arguments) const override {
    T* dw = reinterpret_cast<T*>(arguments.workspace);
    T* packed = dw + spec_.weight_elements();
    if (const Kernel* const moving = moved_by(phase)) {
      const bool packs = moving == pack_.get();
      const void* inputs[] = {packs ? arguments.inputs[1] : dw};
      void* outputs[] = {packs ? packed : arguments.outputs[0]};
      return moving->run(0, piece, {inputs, outputs, arguments.operands, nullptr, arguments.scratch});
    }
    multiply_taps(piece, static_cast<const T*>(arguments.inputs[0]),
                  pack_ ? packed : static_cast<const T*>(arguments.inputs[1]), dw,
                  reinterpret_cast<T*>(arguments.scratch));
  }

 private:
  static constexpr DType dtype = sizeof(T) == sizeof(float) ? DType::f32 : DType::f64;

  [[nodiscard]] int64_t pixels() const { return rows_ * spec_.out_width(); }
  // What a phase moves data by; null for the one that multiplies.
  [[nodiscard]] const Kernel* moved_by(int64_t phase) const {
    return phase == phases() - 1 ? turn_.get() : phase == phases() - 2 ? nullptr : pack_.get();
  }

  void multiply_taps(int64_t piece, const T* x, const T* dy, T* weights, T* gathered) const {
    const int64_t group = taps_.group_of(piece);
    const TapRange taps = taps_.taps_of(piece);
    const int64_t out_channels = spec_.group_out_channels();
    const int64_t lines = TapPieces::lines_of(taps);
    const int64_t stride = pack_ ? panels_.width() : spec_.out_channels;
    T* dw = weights +
            ((group * spec_.taps() + taps.first_tap) * spec_.group_in_channels() + taps.first_channel) * out_channels;
    if (rows_ == 0) {
      std::fill_n(dw, lines * out_channels, T(0));
    }
    for (int64_t row = 0; row < rows_; row += rows_at_once_) {
      const RowRange rows{row, std::min(rows_, row + rows_at_once_)};
      gather_taps(spec_, group, taps, rows, x, gathered);
      for (int64_t panel = 0; panel < panels_.count(); ++panel) {
        const T* from = dy + panel * pixels() * panels_.width() + row * spec_.out_width() * stride;
        multiply(true, false, lines, panels_.width(), (rows.last - rows.first) * spec_.out_width(), gathered, lines,
                 from + group * out_channels, stride, row > 0, dw + panel * panels_.width(), out_channels);
      }
    }
  }

  ConvolutionSpec spec_;
  TapPieces taps_;
  Panels panels_;  // of dy's columns, of one group; one where they are not copied
  int64_t rows_, rows_at_once_;
  std::unique_ptr<Kernel> turn_, pack_;
};

// The kernel meets the whole image, once: patches are the images themselves.
bool covers_image(const ConvolutionSpec& spec) {
  return spec.groups == 1 && spec.dilation_y == 1 && spec.dilation_x == 1 && spec.kernel_height == spec.in_height &&
         spec.kernel_width == spec.in_width && spec.pad_top + spec.pad_bottom + spec.pad_left + spec.pad_right == 0;
}

// A pixel's convolution is a product of whole images.
std::unique_ptr<Kernel> make_image_product(int64_t batch, int64_t from, int64_t to, DType dtype) {
  return make_gemm({.m = batch, .n = to, .k = from}, dtype);
}

}  // namespace

std::unique_ptr<Kernel> make_patches_forward(const ConvolutionSpec& spec, DType dtype) {
  if (covers_image(spec)) {
    return make_image_product(spec.batch, spec.in_channels * spec.taps(), spec.out_channels, dtype);
  }
  return make_real<PatchesForward>(dtype, spec);
}

std::unique_ptr<Kernel> make_patches_data_gradient(const ConvolutionSpec& spec, DType dtype) {
  if (covers_image(spec)) {
    return make_image_product(spec.batch, spec.out_channels, spec.in_channels * spec.taps(), dtype);
  }
  return make_real<PatchesDataGradient>(dtype, spec);
}

std::unique_ptr<Kernel> make_taps_weight_gradient(const ConvolutionSpec& spec, DType dtype) {
  return make_real<TapsWeightGradient>(dtype, spec, Panels::whole(spec.group_out_channels()));
}

std::unique_ptr<Kernel> make_panels_weight_gradient(const ConvolutionSpec& spec) {
  return std::make_unique<TapsWeightGradient<float>>(spec, Panels(spec.out_channels));
}

std::unique_ptr<Kernel> make_patches_packed_weights(const ConvolutionSpec& spec, ConvolutionPass pass, DType dtype) {
  const tensor::Shape weights{spec.groups, spec.group_out_channels(), spec.group_in_channels(), spec.taps()};
  return make_permute(dtype, weights,
                      pass == ConvolutionPass::forward ? std::vector{0, 3, 2, 1} : std::vector{0, 1, 3, 2});
}

}  // namespace atelier::kernels
