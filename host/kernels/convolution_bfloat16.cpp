// Weight gradients of convolutions of bfloat16 as products, where oneDNN's primitive for them is no faster than
// float32's.
#include <algorithm>
#include <vector>

#include "kernels/convolution_methods.hpp"
#include "kernels/movement.hpp"
#include "kernels/onednn.hpp"
#include "kernels/tap_pieces.hpp"

namespace atelier::kernels {
namespace {

// dw += taps(x)^T dy for some rows of the result at once: (lines, pixels) (pixels, O), the former gathered.
class Product {
 public:
  Product(int64_t lines, int64_t pixels, int64_t out_channels) {
    using dnnl::memory;
    pin_openmp();
    const auto described = [&](bool accumulates) {
      dnnl::primitive_attr attributes;
      attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
      if (accumulates) {
        dnnl::post_ops more;
        more.append_sum(1.0F);
        attributes.set_post_ops(more);
      }
      return dnnl::matmul::primitive_desc(
          {{{lines, pixels}, memory::data_type::bf16, memory::dims{1, lines}},
           {{pixels, out_channels}, memory::data_type::bf16, memory::dims{out_channels, 1}},
           {{lines, out_channels}, memory::data_type::f32, memory::dims{out_channels, 1}}},
          attributes, onednn_engine());
    };
    const auto first = described(false);
    const auto more = described(true);
    first_ = dnnl::matmul(first);
    more_ = dnnl::matmul(more);
    scratch_ = first.scratchpad_desc().get_size() > more.scratchpad_desc().get_size() ? first.scratchpad_desc()
                                                                                      : more.scratchpad_desc();
    at_ = {unplaced(first.src_desc()), unplaced(first.weights_desc()), unplaced(first.dst_desc()), unplaced(scratch_)};
  }

  [[nodiscard]] size_t scratch_bytes() const { return scratch_.get_size(); }

  void run(const uint16_t* gathered, const uint16_t* dy, bool accumulates, float* dw, std::byte* scratch) const {
    place(at_.first, gathered);
    place(at_.second, dy);
    place(at_.result, dw);
    place(at_.scratch, scratch);
    execute<4>(accumulates ? more_ : first_, {{{DNNL_ARG_SRC, at_.first.get()},
                                               {DNNL_ARG_WEIGHTS, at_.second.get()},
                                               {DNNL_ARG_DST, at_.result.get()},
                                               {DNNL_ARG_SCRATCHPAD, at_.scratch.get()}}});
  }

 private:
  dnnl::matmul first_, more_;
  dnnl::memory::desc scratch_;
  PrimitiveBuffers at_;
};

// A second phase puts the taps last, as weights have them.
class RoundedTapsWeightGradient : public Kernel {
 public:
  explicit RoundedTapsWeightGradient(const ConvolutionSpec& spec)
      : spec_(spec),
        taps_(spec),
        rows_(spec.batch * spec.out_height()),
        rows_at_once_(std::clamp<int64_t>(gathered_elements / (spec.out_width() * taps_.most_lines()), 1, rows_)),
        turn_(make_permute(tensor::DType::f32, {spec.taps(), spec.in_channels, spec.out_channels}, {2, 1, 0})) {
    const int64_t rest = rows_ % rows_at_once_;
    for (int64_t piece = 0; piece < taps_.count(); ++piece) {
      const int64_t lines = TapPieces::lines_of(taps_.taps_of(piece));
      whole_.emplace_back(lines, rows_at_once_ * spec.out_width(), spec.out_channels);
      rest_.emplace_back(lines, (rest == 0 ? rows_at_once_ : rest) * spec.out_width(), spec.out_channels);
      product_scratch_ = std::max({product_scratch_, whole_.back().scratch_bytes(), rest_.back().scratch_bytes()});
    }
  }

  [[nodiscard]] int64_t phases() const override { return 2; }
  [[nodiscard]] int64_t pieces(int64_t phase) const override { return phase == 0 ? taps_.count() : turn_->pieces(0); }
  [[nodiscard]] size_t workspace_bytes() const override {
    return static_cast<size_t>(spec_.weight_elements()) * sizeof(float);
  }
  [[nodiscard]] size_t scratch_bytes() const override {
    return std::max(gathered_bytes() + product_scratch_, turn_->scratch_bytes());
  }

  void run(int64_t phase, int64_t piece, const Arguments& arguments) const override {
    if (phase == 1) {
      const void* inputs[] = {arguments.workspace, nullptr};  // of two, as GCC takes the call for one of this kernel
      return turn_->run(0, piece, {inputs, arguments.outputs, arguments.operands, nullptr, arguments.scratch});
    }
    const TapRange taps = taps_.taps_of(piece);
    const auto* x = static_cast<const uint16_t*>(arguments.inputs[0]);
    const auto* dy = static_cast<const uint16_t*>(arguments.inputs[1]);
    float* dw = reinterpret_cast<float*>(arguments.workspace) +
                (taps.first_tap * spec_.in_channels + taps.first_channel) * spec_.out_channels;
    auto* gathered = reinterpret_cast<uint16_t*>(arguments.scratch);
    for (int64_t row = 0; row < rows_; row += rows_at_once_) {
      const RowRange rows{row, std::min(rows_, row + rows_at_once_)};
      gather_taps(spec_, 0, taps, rows, x, gathered);
      const auto& products = rows.last - rows.first == rows_at_once_ ? whole_ : rest_;
      products[static_cast<size_t>(piece)].run(gathered, dy + row * spec_.out_width() * spec_.out_channels, row > 0, dw,
                                               arguments.scratch + gathered_bytes());
    }
  }

 private:
  static constexpr int64_t gathered_elements = 1 << 18;  // at once: they stay in a core's cache

  [[nodiscard]] size_t gathered_bytes() const {
    const auto elements = static_cast<size_t>(rows_at_once_ * spec_.out_width() * taps_.most_lines());
    return (elements * sizeof(uint16_t) + 63) / 64 * 64;
  }

  ConvolutionSpec spec_;
  TapPieces taps_;
  int64_t rows_, rows_at_once_;
  std::unique_ptr<Kernel> turn_;
  std::vector<Product> whole_, rest_;  // by piece
  size_t product_scratch_ = 0;
};

}  // namespace

std::unique_ptr<Kernel> make_bfloat16_taps_weight_gradient(const ConvolutionSpec& spec) {
  return std::make_unique<RoundedTapsWeightGradient>(spec);
}

}  // namespace atelier::kernels
