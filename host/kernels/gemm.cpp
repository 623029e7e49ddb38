#include "kernels/gemm.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "kernels/gemm_cut.hpp"
#include "kernels/loops/loops.hpp"
#include "kernels/making.hpp"
#include "kernels/sgemm.hpp"

namespace atelier::kernels {
namespace {

constexpr double small_product = 1e6;      // floating-point operations that are not worth a second piece
constexpr double piece_operations = 50e6;  // what one piece of a large product does, more or less
constexpr int64_t widest_cut = 128;        // lines at least of each of many pieces, which all pack the other side
constexpr int64_t narrowest_cut = 32;      // rows or columns of a piece

class Sgemm : public CutKernel {
 public:
  explicit Sgemm(const GemmSpec& spec) : CutKernel(spec, cut_of(spec)) {}

 protected:
  void multiply(int64_t, int64_t matrix, int64_t first, int64_t last, const Arguments& arguments) const override {
    const float* a = a_of<float>(matrix, arguments);
    const float* b = b_of<float>(matrix, arguments);
    float* c = c_of<float>(matrix, arguments);
    const int64_t a_stride = spec_.transpose_a ? spec_.m : spec_.k;
    const int64_t b_stride = spec_.transpose_b ? spec_.k : spec_.n;
    int64_t m = spec_.m;
    int64_t n = spec_.n;
    if (cut_.by_columns) {
      b += spec_.transpose_b ? first * b_stride : first;
      c += first;
      n = last - first;
    } else {
      a += spec_.transpose_a ? first : first * a_stride;
      c += first * spec_.n;
      m = last - first;
    }
    kernels::multiply(spec_.transpose_a, spec_.transpose_b, m, n, spec_.k, a, a_stride, b, b_stride, false, c, spec_.n);
  }
};

// m == 1 or n == 1: a matrix and a vector. The vector is contiguous however it is stored; the result is cut.
template <typename T>
class VectorGemm : public CutKernel {
 public:
  explicit VectorGemm(const GemmSpec& spec)
      : CutKernel(spec, cut_of(spec)), loops_(loops_for<T>(*active_loops().matrix)) {}

 protected:
  void multiply(int64_t, int64_t matrix, int64_t first, int64_t last, const Arguments& arguments) const override {
    const T* a = a_of<T>(matrix, arguments);
    const T* b = b_of<T>(matrix, arguments);
    const bool is_row = cut_.by_columns;  // the result is a row of length n, and A the vector
    const T* x = is_row ? a : b;
    const T* m = is_row ? b : a;
    T* y = c_of<T>(matrix, arguments) + first;
    const int64_t lines = is_row ? spec_.n : spec_.m;
    const bool lines_are_rows = is_row ? spec_.transpose_b : !spec_.transpose_a;
    if (lines_are_rows) {
      loops_.rows_times_vector(m + first * spec_.k, spec_.k, x, y, last - first, spec_.k);
    } else {
      loops_.vector_times_rows(x, m + first, lines, y, spec_.k, last - first);
    }
  }

 private:
  const MatrixLoops<T>& loops_;
};

// float64, for gradient checks and metrics: a row of the result at a time.
class DoubleGemm : public CutKernel {
 public:
  explicit DoubleGemm(const GemmSpec& spec)
      : CutKernel(spec, rows_only(cut_of(spec), spec)), loops_(loops_for<double>(*active_loops().matrix)) {}

  [[nodiscard]] size_t scratch_bytes() const override { return static_cast<size_t>(spec_.k) * sizeof(double); }

 protected:
  void multiply(int64_t, int64_t matrix, int64_t first, int64_t last, const Arguments& arguments) const override {
    const auto* a = a_of<double>(matrix, arguments);
    const auto* b = b_of<double>(matrix, arguments);
    auto* row = reinterpret_cast<double*>(arguments.scratch);
    for (int64_t i = first; i < last; ++i) {
      double* c = c_of<double>(matrix, arguments) + i * spec_.n;
      for (int64_t p = 0; p < spec_.k; ++p) {
        row[p] = spec_.transpose_a ? a[p * spec_.m + i] : a[i * spec_.k + p];
      }
      if (spec_.transpose_b) {
        loops_.rows_times_vector(b, spec_.k, row, c, spec_.n, spec_.k);
      } else {
        loops_.vector_times_rows(row, b, spec_.n, c, spec_.k, spec_.n);
      }
    }
  }

 private:
  static GemmCut rows_only(GemmCut cut, const GemmSpec& spec) {
    cut.by_columns = false;
    cut.lines = spec.m;
    cut.line_pieces = std::clamp<int64_t>(spec.m / GemmCut::unit, 1, cut.line_pieces);
    return cut;
  }

  const MatrixLoops<double>& loops_;
};

// From B's rows, towards few columns or of few rows: on one core of a Zen 4 30 to 98 GFLOP/s where the primitive
// reaches 80 to 107, and as much in the worst case.
bool sgemm_is_weak(const GemmSpec& spec) {
  constexpr int64_t few_columns = 256;
  constexpr int64_t few_rows = 64;  // of which the primitive has two pieces
  return spec.transpose_b && !spec.transpose_a && spec.batch > 0 && spec.k >= 32 && spec.n >= 8 && spec.m >= 8 &&
         (spec.n <= few_columns || (spec.m > few_rows / 2 && spec.m <= few_rows));
}

}  // namespace

// The longer side of the result is cut: every piece packs the whole matrix of the other side again, so that should be
// the smaller one.
GemmCut cut_of(const GemmSpec& spec) {
  const double operations =
      2.0 * static_cast<double>(spec.m) * static_cast<double>(spec.n) * static_cast<double>(spec.k);
  GemmCut cut;
  cut.batch_per_piece = std::clamp<int64_t>(static_cast<int64_t>(small_product / std::max(1.0, operations)), 1,
                                            std::max<int64_t>(1, spec.batch));
  cut.batch_pieces = std::max<int64_t>(1, ceil_divide(spec.batch, cut.batch_per_piece));
  cut.by_columns = spec.n > spec.m;
  cut.lines = cut.by_columns ? spec.n : spec.m;
  int64_t wanted = 1;
  if (operations > small_product && cut.batch_pieces < 8) {
    wanted = std::max<int64_t>(4, static_cast<int64_t>(operations / piece_operations));
  }
  const int64_t narrowest = wanted > 4 ? widest_cut : narrowest_cut;
  cut.line_pieces = std::clamp<int64_t>(cut.lines / narrowest, 1, wanted);
  return cut;
}

std::unique_ptr<Kernel> make_gemm(const GemmSpec& spec, tensor::DType dtype) {
  ATELIER_CHECK(dtype != tensor::DType::i64);
  ATELIER_CHECK(spec.batch >= 0 && spec.m >= 0 && spec.n >= 0 && spec.k >= 0);
  ATELIER_CHECK(spec.batch <= 1 || spec.m * spec.n == 0 || spec.batch_stride_c >= spec.m * spec.n);
  const bool is_f32 = dtype == tensor::DType::f32;
  if (spec.k == 0) {
    return make_gemm_naive(spec, dtype);
  }
  if (dtype == tensor::DType::bf16) {
    return make_gemm_primitive(spec, dtype);
  }
  if (spec.m == 1 || spec.n == 1) {
    return is_f32 ? std::unique_ptr<Kernel>(std::make_unique<VectorGemm<float>>(spec))
                  : std::make_unique<VectorGemm<double>>(spec);
  }
  if (!is_f32) {
    return std::make_unique<DoubleGemm>(spec);
  }
  if (sgemm_is_weak(spec)) {
    if (std::unique_ptr<Kernel> primitive = make_gemm_primitive(spec, dtype)) {
      return primitive;
    }
  }
  return std::make_unique<Sgemm>(spec);
}

}  // namespace atelier::kernels
