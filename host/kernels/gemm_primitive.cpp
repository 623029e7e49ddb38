#include <map>
#include <vector>

#include "kernels/gemm_cut.hpp"
#include "kernels/onednn.hpp"

namespace atelier::kernels {
namespace {

using dnnl::memory;
using Description = dnnl::matmul::primitive_desc;

// The lines of a larger matrix lie `stride` apart.
memory::desc matrix(int64_t rows, int64_t columns, bool transposed, int64_t stride, memory::data_type type) {
  return {{rows, columns}, type, transposed ? memory::dims{1, stride} : memory::dims{stride, 1}};
}

// Rows alone are cut, and each piece packs all of B.
GemmCut row_cut(const GemmSpec& spec) {
  constexpr int64_t fewest_rows = 32;
  constexpr int64_t wanted = 4;
  GemmCut cut;
  cut.lines = spec.m;
  cut.line_pieces = std::clamp<int64_t>(spec.m / fewest_rows, 1, wanted);
  cut.batch_pieces = spec.batch;
  return cut;
}

int64_t lines_of(const GemmCut& cut, int64_t line_piece) {
  return cut.first_line(line_piece + 1) - cut.first_line(line_piece);
}

// Of so many lines of the result.
Description describe(const GemmSpec& spec, bool by_columns, int64_t lines, tensor::DType dtype) {
  pin_openmp();
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  const memory::data_type type = type_of(dtype);
  const int64_t rows = by_columns ? spec.m : lines;
  const int64_t columns = by_columns ? lines : spec.n;
  return {{matrix(rows, spec.k, spec.transpose_a, spec.transpose_a ? spec.m : spec.k, type),
           matrix(spec.k, columns, spec.transpose_b, spec.transpose_b ? spec.k : spec.n, type),
           matrix(rows, columns, false, spec.n, memory::data_type::f32)},
          attributes,
          onednn_engine()};
}

// Pieces of as many lines share a primitive.
class PrimitiveGemm : public CutKernel {
 public:
  PrimitiveGemm(const GemmSpec& spec, tensor::DType dtype, const GemmCut& cut,
                const std::map<int64_t, Description>& by_lines)
      : CutKernel(spec, cut), element_(static_cast<int64_t>(tensor::size_of(dtype))) {
    for (int64_t piece = 0; piece < cut.pieces(); ++piece) {
      const Description& own = by_lines.at(lines_of(cut, piece % cut.line_pieces));
      primitives_.emplace_back(own);
      buffers_.push_back({unplaced(own.src_desc()), unplaced(own.weights_desc()), unplaced(own.dst_desc()),
                          unplaced(own.scratchpad_desc())});
      scratch_bytes_ = std::max(scratch_bytes_, own.scratchpad_desc().get_size());
    }
  }

  [[nodiscard]] size_t scratch_bytes() const override { return scratch_bytes_; }

 protected:
  void multiply(int64_t piece, int64_t index, int64_t first, int64_t, const Arguments& arguments) const override {
    const int64_t row = cut_.by_columns ? 0 : first;
    const int64_t column = cut_.by_columns ? first : 0;
    const int64_t a = index * spec_.batch_stride_a + row * (spec_.transpose_a ? 1 : spec_.k);
    const int64_t b = index * spec_.batch_stride_b + column * (spec_.transpose_b ? spec_.k : 1);
    const PrimitiveBuffers& at = buffers_[static_cast<size_t>(piece)];
    place(at.first, static_cast<const std::byte*>(arguments.inputs[0]) + a * element_);
    place(at.second, static_cast<const std::byte*>(arguments.inputs[1]) + b * element_);
    place(at.result, c_of<float>(index, arguments) + row * spec_.n + column);
    place(at.scratch, arguments.scratch);
    execute<4>(primitives_[static_cast<size_t>(piece)], {{{DNNL_ARG_SRC, at.first.get()},
                                                          {DNNL_ARG_WEIGHTS, at.second.get()},
                                                          {DNNL_ARG_DST, at.result.get()},
                                                          {DNNL_ARG_SCRATCHPAD, at.scratch.get()}}});
  }

 private:
  int64_t element_;  // bytes, of A and B
  size_t scratch_bytes_ = 0;
  std::vector<dnnl::matmul> primitives_;  // by piece
  std::vector<PrimitiveBuffers> buffers_;
};

}  // namespace

std::unique_ptr<Kernel> make_gemm_primitive(const GemmSpec& spec, tensor::DType dtype) {
  const GemmCut cut = dtype == tensor::DType::f32 ? row_cut(spec) : cut_of(spec);
  std::map<int64_t, Description> by_lines;
  for (int64_t piece = 0; piece < cut.line_pieces; ++piece) {
    const int64_t lines = lines_of(cut, piece);
    if (!by_lines.contains(lines)) {
      const auto describe_lines = [&] { return describe(spec, cut.by_columns, lines, dtype); };
      const auto found = dtype == tensor::DType::f32 ? fast_only(describe_lines) : std::optional(describe_lines());
      if (!found) {
        return nullptr;
      }
      by_lines.emplace(lines, *found);
    }
  }
  return std::make_unique<PrimitiveGemm>(spec, dtype, cut, by_lines);
}

}  // namespace atelier::kernels
