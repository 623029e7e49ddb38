// Weights in the blocks that oneDNN's primitives read, float32 or bfloat16. oneDNN's own reordering takes 0.6 to 2.4 ns
// an element where the weights' rows lie powers of two apart, on one core of a Zen 4; this one 0.35 to 0.6.
#include "kernels/convolution_packing.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "kernels/loops/loops.hpp"
#include "kernels/pieces.hpp"

namespace atelier::kernels {
namespace {

// Where weight (o, c, ky, kx) lies: (o / out, c / in, ky, kx) by `strides`, and inside such a block of out x in weights
// at the place that `from` has (o, c, 0) of a block (out, in, taps) of the canonical ones for.
struct Blocks {
  int64_t out = 1;
  int64_t in = 1;
  std::array<int64_t, 4> strides{};
  std::vector<int32_t> from;
};

// oneDNN's inner blocks are axes of a small tensor, each a part of the axis that it names.
Blocks packed_blocks(const ConvolutionSpec& spec, const dnnl::memory::desc& packed) {
  const dnnl_blocking_desc_t& described = packed.data.format_desc.blocking;
  Blocks out;
  std::copy_n(described.strides, out.strides.size(), out.strides.begin());
  std::array<int64_t, 2> lengths{1, 1};
  for (int i = 0; i < described.inner_nblks; ++i) {
    lengths.at(static_cast<size_t>(described.inner_idxs[i])) *= described.inner_blks[i];
  }
  out.out = lengths[0];
  out.in = lengths[1];
  for (int64_t place = 0; place < out.out * out.in; ++place) {
    std::array<int64_t, 2> index{0, 0};
    std::array<int64_t, 2> weight{1, 1};  // of the next inner block of an axis, from the last one on
    int64_t rest = place;
    for (int i = described.inner_nblks - 1; i >= 0; --i) {
      const auto axis = static_cast<size_t>(described.inner_idxs[i]);
      index.at(axis) += rest % described.inner_blks[i] * weight.at(axis);
      weight.at(axis) *= described.inner_blks[i];
      rest /= described.inner_blks[i];
    }
    out.from.push_back(static_cast<int32_t>((index[0] * out.in + index[1]) * spec.taps()));
  }
  return out;
}

// A piece is some blocks of output channels.
class PackedWeights : public Kernel {
 public:
  PackedWeights(const ConvolutionSpec& spec, const dnnl::memory::desc& packed)
      : spec_(spec),
        blocks_(packed_blocks(spec, packed)),
        out_blocks_(ceil_divide(spec.out_channels, blocks_.out), blocks_.out * spec.in_channels * spec.taps()),
        gather_(active_loops().bfloat16->gathered) {}

  [[nodiscard]] int64_t pieces(int64_t) const override { return out_blocks_.count(); }
  [[nodiscard]] size_t scratch_bytes() const override {
    return static_cast<size_t>(blocks_.out * blocks_.in * spec_.taps()) * sizeof(float);
  }

  void run(int64_t, int64_t piece, const Arguments& arguments) const override {
    auto* const block = reinterpret_cast<float*>(arguments.scratch);
    for (int64_t out = out_blocks_.first(piece); out < out_blocks_.last(piece); ++out) {
      for (int64_t in = 0; in * blocks_.in < spec_.in_channels; ++in) {
        copy(out * blocks_.out, in * blocks_.in, static_cast<const float*>(arguments.inputs[0]), block);
        pack(block, static_cast<uint16_t*>(arguments.outputs[0]) + out * blocks_.strides[0] + in * blocks_.strides[1]);
      }
    }
  }

 private:
  // The block that begins with weight (o, c), channels that are none as zeros: where it lies, its rows are far apart,
  // often by powers of two, and would push one another out of the cache before their last tap is read.
  void copy(int64_t o, int64_t c, const float* weights, float* block) const {
    const int64_t row = blocks_.in * spec_.taps();
    const int64_t there = std::min(blocks_.in, spec_.in_channels - c) * spec_.taps();
    for (int64_t i = 0; i < blocks_.out; ++i, block += row) {
      const int64_t copied = o + i < spec_.out_channels ? there : 0;
      std::copy_n(weights + ((o + i) * spec_.in_channels + c) * spec_.taps(), copied, block);
      std::fill(block + copied, block + row, 0.0F);
    }
  }

  void pack(const float* block, uint16_t* packed) const {
    for (int64_t tap = 0; tap < spec_.taps(); ++tap) {
      gather_(block + tap, blocks_.from.data(),
              packed + tap / spec_.kernel_width * blocks_.strides[2] + tap % spec_.kernel_width * blocks_.strides[3],
              std::ssize(blocks_.from));
    }
  }

  ConvolutionSpec spec_;
  Blocks blocks_;
  Pieces out_blocks_;
  void (*gather_)(const float* x, const int32_t* from, uint16_t* y, int64_t n);
};

}  // namespace

std::unique_ptr<Kernel> make_bfloat16_weights(const ConvolutionSpec& spec, const dnnl::memory::desc& packed) {
  return std::make_unique<PackedWeights>(spec, packed);
}

}  // namespace atelier::kernels
