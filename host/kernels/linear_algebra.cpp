// Golub & Van Loan 2013, Matrix Computations: LU with partial pivoting (3.4), substitution (3.1), Cholesky (4.2).
#include "kernels/linear_algebra.hpp"

#include <algorithm>
#include <cmath>

#include "kernels/making.hpp"
#include "kernels/pieces.hpp"
#include "kernels/symmetric_eigen.hpp"

namespace atelier::kernels {
namespace {

// ---- On one matrix (N, N), row-major

// a x = b with b (N, K) in x, where only one triangle of a is read; its diagonal is 1 where `unit`.
void substitute(const double* a, int64_t n, double* x, int64_t columns, bool upper, bool unit) {
  for (int64_t step = 0; step < n; ++step) {
    const int64_t i = upper ? n - 1 - step : step;
    double* row = x + i * columns;
    for (int64_t j = upper ? i + 1 : 0; j < (upper ? n : i); ++j) {
      const double factor = a[i * n + j];
      for (int64_t k = 0; k < columns; ++k) {
        row[k] -= factor * x[j * columns + k];
      }
    }
    for (int64_t k = 0; k < columns && !unit; ++k) {
      row[k] /= a[i * n + i];
    }
  }
}

// P a = L U in place, where `rows` says which row of a each one was. Returns the sign of P.
double factorize(double* a, int64_t* rows, int64_t n) {
  double sign = 1;
  for (int64_t i = 0; i < n; ++i) {
    rows[i] = i;
  }
  for (int64_t i = 0; i < n; ++i) {
    int64_t pivot = i;
    for (int64_t j = i + 1; j < n; ++j) {
      pivot = std::abs(a[j * n + i]) > std::abs(a[pivot * n + i]) ? j : pivot;
    }
    if (pivot != i) {
      std::swap_ranges(a + i * n, a + (i + 1) * n, a + pivot * n);
      std::swap(rows[i], rows[pivot]);
      sign = -sign;
    }
    for (int64_t j = i + 1; j < n && a[i * n + i] != 0; ++j) {
      const double factor = a[j * n + i] /= a[i * n + i];
      for (int64_t k = i + 1; k < n; ++k) {
        a[j * n + k] -= factor * a[i * n + k];
      }
    }
  }
  return sign;
}

// ---- Kernels: a matrix after the other

template <typename T>
void load(double* to, const T* from, int64_t n, bool transposed) {
  for (int64_t i = 0; i < n; ++i) {
    for (int64_t j = 0; j < n; ++j) {
      to[i * n + j] = static_cast<double>(transposed ? from[j * n + i] : from[i * n + j]);
    }
  }
}
template <typename T>
void load_symmetric(double* to, const T* from, int64_t n) {
  for (int64_t i = 0; i < n; ++i) {
    for (int64_t j = 0; j < n; ++j) {
      to[i * n + j] = 0.5 * (static_cast<double>(from[i * n + j]) + static_cast<double>(from[j * n + i]));
    }
  }
}
template <typename T>
void store(T* to, const double* from, int64_t count) {
  std::transform(from, from + count, to, [](double value) { return static_cast<T>(value); });
}

// `scratch_count` numbers of scratch serve each matrix in turn. Work is cut by what a matrix costs, N^3.
class MatrixKernel : public Kernel {
 public:
  MatrixKernel(const SquareMatrices& a, int64_t scratch_count)
      : n_(a.n), scratch_count_(scratch_count), pieces_(a.batch, a.n * a.n * std::max<int64_t>(1, a.n / 8)) {}

  [[nodiscard]] int64_t pieces(int64_t) const override { return pieces_.count(); }
  [[nodiscard]] size_t scratch_bytes() const override { return sizeof(double) * static_cast<size_t>(scratch_count_); }
  void run(int64_t, int64_t piece, const Arguments& arguments) const override {
    auto* scratch = reinterpret_cast<double*>(arguments.scratch);
    for (int64_t m = pieces_.first(piece); m < pieces_.last(piece); ++m) {
      run_matrix(m, arguments, scratch);
    }
  }

 protected:
  virtual void run_matrix(int64_t m, const Arguments& arguments, double* scratch) const = 0;

  template <typename T>
  [[nodiscard]] const T* input(const Arguments& arguments, size_t i, int64_t m, int64_t elements) const {
    return static_cast<const T*>(arguments.inputs[i]) + m * elements;
  }
  template <typename T>
  [[nodiscard]] T* output(const Arguments& arguments, size_t i, int64_t m, int64_t elements) const {
    return static_cast<T*>(arguments.outputs[i]) + m * elements;
  }

  int64_t n_;

 private:
  int64_t scratch_count_;
  Pieces pieces_;
};

template <typename T>
class Solve final : public MatrixKernel {
 public:
  // Without columns: the inverse.
  Solve(const SquareMatrices& a, int64_t columns, bool transposed)
      : MatrixKernel(a, a.n * (a.n + std::max(columns, a.n) + 1)), columns_(columns), transposed_(transposed) {}

 protected:
  void run_matrix(int64_t m, const Arguments& arguments, double* scratch) const override {
    const int64_t n = n_;
    const bool inverts = columns_ < 0;
    const int64_t columns = inverts ? n : columns_;
    double* lu = scratch;
    double* x = lu + n * n;
    auto* rows = reinterpret_cast<int64_t*>(x + n * std::max(columns, n));
    load(lu, input<T>(arguments, 0, m, n * n), n, transposed_);
    factorize(lu, rows, n);
    for (int64_t i = 0; i < n; ++i) {
      if (inverts) {
        std::fill_n(x + i * n, n, 0.0);
        x[i * n + rows[i]] = 1;
      } else {
        const T* row = input<T>(arguments, 1, m, n * columns) + rows[i] * columns;
        std::transform(row, row + columns, x + i * columns, [](T value) { return static_cast<double>(value); });
      }
    }
    substitute(lu, n, x, columns, false, true);
    substitute(lu, n, x, columns, true, false);
    store(output<T>(arguments, 0, m, n * columns), x, n * columns);
  }

 private:
  int64_t columns_;
  bool transposed_;
};

template <typename T>
class TriangularSolve final : public MatrixKernel {
 public:
  TriangularSolve(const SquareMatrices& a, int64_t columns, bool upper, bool transposed)
      : MatrixKernel(a, a.n * (a.n + columns)), columns_(columns), upper_(upper), transposed_(transposed) {}

 protected:
  void run_matrix(int64_t m, const Arguments& arguments, double* scratch) const override {
    double* x = scratch + n_ * n_;
    load(scratch, input<T>(arguments, 0, m, n_ * n_), n_, transposed_);
    const T* b = input<T>(arguments, 1, m, n_ * columns_);
    std::transform(b, b + n_ * columns_, x, [](T value) { return static_cast<double>(value); });
    substitute(scratch, n_, x, columns_, upper_ != transposed_, false);
    store(output<T>(arguments, 0, m, n_ * columns_), x, n_ * columns_);
  }

 private:
  int64_t columns_;
  bool upper_, transposed_;
};

template <typename T>
class Determinant final : public MatrixKernel {
 public:
  Determinant(const SquareMatrices& a, bool scaled) : MatrixKernel(a, a.n * (a.n + 1)), scaled_(scaled) {}

 protected:
  void run_matrix(int64_t m, const Arguments& arguments, double* scratch) const override {
    load(scratch, input<T>(arguments, 0, m, n_ * n_), n_, false);
    double mantissa = factorize(scratch, reinterpret_cast<int64_t*>(scratch + n_ * n_), n_);
    int64_t exponent = 0;
    for (int64_t i = 0; i < n_; ++i) {  // of many pivots the product would leave the range
      int moved = 0;
      mantissa = std::frexp(mantissa * scratch[i * n_ + i], &moved);
      exponent += moved;
    }
    if (scaled_) {
      int moved = 0;
      *output<T>(arguments, 0, m, 1) = static_cast<T>(std::frexp(mantissa, &moved));
      *output<T>(arguments, 1, m, 1) = static_cast<T>(exponent + moved);
    } else {
      constexpr int64_t far = 1 << 20U;
      *output<T>(arguments, 0, m, 1) =
          static_cast<T>(std::ldexp(mantissa, static_cast<int>(std::clamp(exponent, -far, far))));
    }
  }

 private:
  bool scaled_;
};

template <typename T>
class Cholesky final : public MatrixKernel {
 public:
  explicit Cholesky(const SquareMatrices& a) : MatrixKernel(a, a.n * a.n) {}

 protected:
  void run_matrix(int64_t m, const Arguments& arguments, double* l) const override {
    const int64_t n = n_;
    load_symmetric(l, input<T>(arguments, 0, m, n * n), n);
    for (int64_t i = 0; i < n; ++i) {
      for (int64_t j = 0; j <= i; ++j) {
        double sum = l[i * n + j];
        for (int64_t k = 0; k < j; ++k) {
          sum -= l[i * n + k] * l[j * n + k];
        }
        l[i * n + j] = i == j ? std::sqrt(sum) : sum / l[j * n + j];
      }
      std::fill(l + i * n + i + 1, l + (i + 1) * n, 0.0);
    }
    store(output<T>(arguments, 0, m, n * n), l, n * n);
  }
};

template <typename T>
class SymmetricEigen final : public MatrixKernel {
 public:
  explicit SymmetricEigen(const SquareMatrices& a) : MatrixKernel(a, a.n * (a.n + 3)) {}

 protected:
  void run_matrix(int64_t m, const Arguments& arguments, double* v) const override {
    const int64_t n = n_;
    double* values = v + n * n;
    load_symmetric(v, input<T>(arguments, 0, m, n * n), n);
    decompose_symmetric(v, values, values + n, n);
    store(output<T>(arguments, 0, m, n), values, n);
    T* vectors = output<T>(arguments, 1, m, n * n);
    for (int64_t k = 0; k < n; ++k) {
      const double* row = v + k * n;
      const double* largest =
          std::max_element(row, row + n, [](double a, double b) { return std::abs(a) < std::abs(b); });
      const double sign = *largest < 0 ? -1 : 1;
      for (int64_t i = 0; i < n; ++i) {
        vectors[i * n + k] = static_cast<T>(sign * row[i]);
      }
    }
  }
};

template <typename T>
class Triangle final : public Kernel {
 public:
  Triangle(int64_t batch, int64_t rows, int64_t columns, bool upper, int64_t diagonal)
      : rows_(rows), columns_(columns), upper_(upper), diagonal_(diagonal), pieces_(batch * rows, columns) {}

  [[nodiscard]] int64_t pieces(int64_t) const override { return pieces_.count(); }
  void run(int64_t, int64_t piece, const Arguments& arguments) const override {
    for (int64_t row = pieces_.first(piece); row < pieces_.last(piece); ++row) {
      const T* from = static_cast<const T*>(arguments.inputs[0]) + row * columns_;
      T* to = static_cast<T*>(arguments.outputs[0]) + row * columns_;
      const int64_t i = row % rows_;
      for (int64_t j = 0; j < columns_; ++j) {
        const bool keeps = upper_ ? j - i >= diagonal_ : j - i <= diagonal_;
        to[j] = keeps ? from[j] : T(0);
      }
    }
  }

 private:
  int64_t rows_, columns_;
  bool upper_;
  int64_t diagonal_;
  Pieces pieces_;
};

}  // namespace

std::unique_ptr<Kernel> make_solve(const SquareMatrices& a, int64_t columns, bool transposed, tensor::DType dtype) {
  return make_real<Solve>(dtype, a, columns, transposed);
}
std::unique_ptr<Kernel> make_triangular_solve(const SquareMatrices& a, int64_t columns, bool upper, bool transposed,
                                              tensor::DType dtype) {
  return make_real<TriangularSolve>(dtype, a, columns, upper, transposed);
}
std::unique_ptr<Kernel> make_inverse(const SquareMatrices& a, tensor::DType dtype) {
  return make_real<Solve>(dtype, a, int64_t{-1}, false);
}
std::unique_ptr<Kernel> make_determinant(const SquareMatrices& a, tensor::DType dtype) {
  return make_real<Determinant>(dtype, a, false);
}
std::unique_ptr<Kernel> make_scaled_determinant(const SquareMatrices& a, tensor::DType dtype) {
  return make_real<Determinant>(dtype, a, true);
}
std::unique_ptr<Kernel> make_cholesky(const SquareMatrices& a, tensor::DType dtype) {
  return make_real<Cholesky>(dtype, a);
}
std::unique_ptr<Kernel> make_symmetric_eigen(const SquareMatrices& a, tensor::DType dtype) {
  return make_real<SymmetricEigen>(dtype, a);
}
std::unique_ptr<Kernel> make_triangle(int64_t batch, int64_t rows, int64_t columns, bool upper, int64_t diagonal,
                                      tensor::DType dtype) {
  return make_real<Triangle>(dtype, batch, rows, columns, upper, diagonal);
}

}  // namespace atelier::kernels
