// How a product is cut into pieces: by its shape alone. Only the files of gemm include it.
#pragma once

#include <algorithm>

#include "kernels/gemm.hpp"

namespace atelier::kernels {

// The pieces of a product: runs of whole matrices where the batch has enough of them, else runs of rows or of columns.
// Lines come in units of sixteen, so that rows of a result of floats begin on their own cache lines, and are spread
// evenly: oneDNN adds up in another order where a product has very few lines, so that none should be left over.
struct GemmCut {
  static constexpr int64_t unit = 16;

  int64_t batch_per_piece = 1;
  int64_t batch_pieces = 1;
  bool by_columns = false;  // else by rows
  int64_t lines = 1;
  int64_t line_pieces = 1;

  [[nodiscard]] int64_t pieces() const { return batch_pieces * line_pieces; }
  // The last unit may be an incomplete one; it stays with the one before.
  [[nodiscard]] int64_t first_line(int64_t line_piece) const {
    return line_piece == line_pieces ? lines : lines / unit * line_piece / line_pieces * unit;
  }
};

GemmCut cut_of(const GemmSpec& spec);

class CutKernel : public Kernel {
 public:
  CutKernel(const GemmSpec& spec, const GemmCut& cut) : spec_(spec), cut_(cut) {}

  [[nodiscard]] int64_t pieces(int64_t) const override { return cut_.pieces(); }
  [[nodiscard]] std::optional<ElementRange> finished(int64_t piece) const override {
    if (cut_.by_columns || spec_.batch != 1) {
      return std::nullopt;
    }
    const int64_t first = cut_.first_line(piece);
    return ElementRange{first * spec_.n, (cut_.first_line(piece + 1) - first) * spec_.n};
  }

  void run(int64_t, int64_t piece, const Arguments& arguments) const override {
    const int64_t first_matrix = piece / cut_.line_pieces * cut_.batch_per_piece;
    const int64_t last_matrix = std::min(spec_.batch, first_matrix + cut_.batch_per_piece);
    const int64_t first = cut_.first_line(piece % cut_.line_pieces);
    const int64_t last = cut_.first_line(piece % cut_.line_pieces + 1);
    if (first >= last || spec_.m == 0 || spec_.n == 0) {
      return;
    }
    for (int64_t matrix = first_matrix; matrix < last_matrix; ++matrix) {
      multiply(piece, matrix, first, last, arguments);
    }
  }

 protected:
  // Rows [first, last) of one matrix of the result, or columns as the cut says. Neither m nor n is 0.
  virtual void multiply(int64_t piece, int64_t matrix, int64_t first, int64_t last,
                        const Arguments& arguments) const = 0;

  template <typename T>
  const T* a_of(int64_t matrix, const Arguments& arguments) const {
    return static_cast<const T*>(arguments.inputs[0]) + matrix * spec_.batch_stride_a;
  }
  template <typename T>
  const T* b_of(int64_t matrix, const Arguments& arguments) const {
    return static_cast<const T*>(arguments.inputs[1]) + matrix * spec_.batch_stride_b;
  }
  template <typename T>
  T* c_of(int64_t matrix, const Arguments& arguments) const {
    return static_cast<T*>(arguments.outputs[0]) + matrix * spec_.batch_stride_c;
  }

  GemmSpec spec_;
  GemmCut cut_;
};

// By oneDNN's matmul primitive. Absent where oneDNN has only its sgemm for float32.
std::unique_ptr<Kernel> make_gemm_primitive(const GemmSpec& spec, tensor::DType dtype);

}  // namespace atelier::kernels
