#include <map>
#include <vector>

#include "kernels/gemm_cut.hpp"
#include "kernels/onednn.hpp"

namespace atelier::kernels {
namespace {

using dnnl::memory;
using Description = dnnl::matmul::primitive_desc;

memory::desc matrix(int64_t rows, int64_t columns, bool transposed) {
  return {{rows, columns}, memory::data_type::f32, transposed ? memory::format_tag::ba : memory::format_tag::ab};
}

// Rows alone are cut, as the primitive wants matrices without gaps; each piece packs all of B.
GemmCut row_cut(const GemmSpec& spec) {
  constexpr int64_t fewest_rows = 32;
  constexpr int64_t wanted = 4;
  GemmCut cut;
  cut.lines = spec.m;
  cut.line_pieces = std::clamp<int64_t>(spec.m / fewest_rows, 1, wanted);
  cut.batch_pieces = spec.batch;
  return cut;
}

Description describe(const GemmSpec& spec, int64_t rows) {
  pin_openmp();
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  return {{matrix(rows, spec.k, false), matrix(spec.k, spec.n, spec.transpose_b), matrix(rows, spec.n, false)},
          attributes,
          onednn_engine()};
}

// Pieces of as many rows share a primitive.
class PrimitiveGemm : public CutKernel {
 public:
  PrimitiveGemm(const GemmSpec& spec, const GemmCut& cut, const std::map<int64_t, Description>& by_rows)
      : CutKernel(spec, cut) {
    for (int64_t piece = 0; piece < cut.pieces(); ++piece) {
      const Description& own = by_rows.at(rows_of(cut, piece % cut.line_pieces));
      primitives_.emplace_back(own);
      buffers_.push_back({unplaced(own.src_desc()), unplaced(own.weights_desc()), unplaced(own.dst_desc()),
                          unplaced(own.scratchpad_desc())});
      scratch_bytes_ = std::max(scratch_bytes_, own.scratchpad_desc().get_size());
    }
  }

  static int64_t rows_of(const GemmCut& cut, int64_t line_piece) {
    return cut.first_line(line_piece + 1) - cut.first_line(line_piece);
  }

  [[nodiscard]] size_t scratch_bytes() const override { return scratch_bytes_; }

 protected:
  void multiply(int64_t piece, int64_t index, int64_t first, int64_t, const Arguments& arguments) const override {
    const PrimitiveBuffers& at = buffers_[static_cast<size_t>(piece)];
    place(at.first, a_of<float>(index, arguments) + first * spec_.k);
    place(at.second, b_of<float>(index, arguments));
    place(at.result, c_of<float>(index, arguments) + first * spec_.n);
    place(at.scratch, arguments.scratch);
    execute<4>(primitives_[static_cast<size_t>(piece)], {{{DNNL_ARG_SRC, at.first.get()},
                                                          {DNNL_ARG_WEIGHTS, at.second.get()},
                                                          {DNNL_ARG_DST, at.result.get()},
                                                          {DNNL_ARG_SCRATCHPAD, at.scratch.get()}}});
  }

 private:
  size_t scratch_bytes_ = 0;
  std::vector<dnnl::matmul> primitives_;  // by piece
  std::vector<PrimitiveBuffers> buffers_;
};

}  // namespace

std::unique_ptr<Kernel> make_gemm_primitive(const GemmSpec& spec) {
  const GemmCut cut = row_cut(spec);
  std::map<int64_t, Description> by_rows;
  for (int64_t piece = 0; piece < cut.line_pieces; ++piece) {
    const int64_t rows = PrimitiveGemm::rows_of(cut, piece);
    if (!by_rows.contains(rows)) {
      const auto found = fast_only([&] { return describe(spec, rows); });
      if (!found) {
        return nullptr;
      }
      by_rows.emplace(rows, *found);
    }
  }
  return std::make_unique<PrimitiveGemm>(spec, cut, by_rows);
}

}  // namespace atelier::kernels
