#include "kernels/normalization.hpp"

#include "base/error.hpp"
#include "kernels/loops/loops.hpp"
#include "kernels/making.hpp"
#include "kernels/reduction_tree.hpp"

namespace atelier::kernels {
namespace {

// A reduction to two results, `first` and `second`, which stand behind each other in every block of the tree. Where the
// axis is cut into several chunks, the first phase leaves them in the workspace as (outer, chunks, 2, inner).
template <typename T>
class PairKernel : public Kernel {
 public:
  PairKernel(int64_t outer, int64_t reduced, int64_t inner) : cut_(outer, reduced, inner) {}

  [[nodiscard]] int64_t phases() const override { return cut_.phases(); }
  [[nodiscard]] int64_t pieces(int64_t phase) const override { return cut_.pieces(phase); }
  [[nodiscard]] size_t workspace_bytes() const override {
    return cut_.chunks() > 1 ? static_cast<size_t>(2 * cut_.outer() * cut_.chunks() * cut_.inner()) * sizeof(T) : 0;
  }
  [[nodiscard]] size_t scratch_bytes() const override {
    return static_cast<size_t>(2 * cut_.tree_values()) * sizeof(T);
  }

  void run(int64_t phase, int64_t piece, const Arguments& arguments) const override {
    if (phase == 0) {
      cut_.for_units(piece, [&](const ReductionCut::Unit& unit) { reduce_unit(unit, arguments); });
    } else {
      join_chunks(cut_.join(piece), arguments);
    }
  }

 protected:
  virtual void leaf(const ReductionCut::Unit& unit, int64_t begin, int64_t rows, const Arguments& arguments, T* first,
                    T* second) const = 0;
  virtual void join(T* a, int64_t rows_a, const T* b, int64_t rows_b, int64_t width) const = 0;
  virtual void finish(T* first, T* second, int64_t width) const { (void)first, (void)second, (void)width; }

  // Of an element of the first row of `begin`, in (outer, reduced, inner).
  [[nodiscard]] int64_t offset(const ReductionCut::Unit& unit, int64_t begin) const {
    return (unit.outer * cut_.reduced() + begin) * cut_.inner() + unit.column;
  }

  ReductionCut cut_;

 private:
  [[nodiscard]] auto tree_in(const Arguments& arguments, int64_t width) const {
    return Tree(reinterpret_cast<T*>(arguments.scratch), 2 * width,
                [this, width](T* a, int64_t rows_a, const T* b, int64_t rows_b) { join(a, rows_a, b, rows_b, width); });
  }
  [[nodiscard]] T* partial(const Arguments& arguments, int64_t outer, int64_t chunk, int64_t column) const {
    return reinterpret_cast<T*>(arguments.workspace) + (outer * cut_.chunks() + chunk) * 2 * cut_.inner() + column;
  }
  [[nodiscard]] T* result(const Arguments& arguments, size_t output, const ReductionCut::Unit& unit) const {
    return static_cast<T*>(arguments.outputs[output]) + unit.outer * cut_.inner() + unit.column;
  }

  void reduce_unit(const ReductionCut::Unit& unit, const Arguments& arguments) const {
    if (cut_.reduced() <= cut_.leaf()) {
      T* first = result(arguments, 0, unit);
      T* second = result(arguments, 1, unit);
      leaf(unit, 0, cut_.reduced(), arguments, first, second);
      return finish(first, second, unit.width);
    }
    auto tree = tree_in(arguments, unit.width);
    for (int64_t begin = unit.begin; begin < unit.end; begin += cut_.leaf()) {
      const int64_t rows = std::min(cut_.leaf(), unit.end - begin);
      leaf(unit, begin, rows, arguments, tree.next(), tree.next() + unit.width);
      tree.push(rows);
    }
    if (cut_.chunks() > 1) {
      T* out = partial(arguments, unit.outer, unit.chunk, unit.column);
      const T* found = tree.finish();
      std::copy_n(found, unit.width, out);
      std::copy_n(found + unit.width, unit.width, out + cut_.inner());
    } else {
      store(unit, tree.finish(), arguments);
    }
  }

  void join_chunks(const ReductionCut::Unit& unit, const Arguments& arguments) const {
    auto tree = tree_in(arguments, unit.width);
    for (int64_t chunk = 0; chunk < cut_.chunks(); ++chunk) {
      const T* from = partial(arguments, unit.outer, chunk, unit.column);
      std::copy_n(from, unit.width, tree.next());
      std::copy_n(from + cut_.inner(), unit.width, tree.next() + unit.width);
      tree.push(std::min(cut_.chunk(), cut_.reduced() - chunk * cut_.chunk()));
    }
    store(unit, tree.finish(), arguments);
  }

  void store(const ReductionCut::Unit& unit, const T* found, const Arguments& arguments) const {
    T* first = result(arguments, 0, unit);
    T* second = result(arguments, 1, unit);
    std::copy_n(found, unit.width, first);
    std::copy_n(found + unit.width, unit.width, second);
    finish(first, second, unit.width);
  }
};

// The mean, and the sum of squared deviations from it.
template <typename T>
class Moments : public PairKernel<T> {
 public:
  using PairKernel<T>::PairKernel;

 protected:
  void leaf(const ReductionCut::Unit& unit, int64_t begin, int64_t rows, const Arguments& arguments, T* mean,
            T* squares) const override {
    const T* x = static_cast<const T*>(arguments.inputs[0]) + this->offset(unit, begin);
    if (this->cut_.inner() == 1) {
      loops_.moments_row(x, rows, mean, squares);
    } else {
      loops_.moments_columns(x, rows, this->cut_.inner(), mean, squares, unit.width);
    }
  }
  void join(T* a, int64_t rows_a, const T* b, int64_t rows_b, int64_t width) const override {
    loops_.join_moments(a, a + width, rows_a, b, b + width, rows_b, width);
  }
  void finish(T*, T* squares, int64_t width) const override {
    for (int64_t i = 0; i < width; ++i) {
      squares[i] /= static_cast<T>(this->cut_.reduced());
    }
  }

 private:
  const NormalizationLoops<T>& loops_ = loops_for<T>(*active_loops().normalization);
};

template <typename T>
class CenteredSums : public PairKernel<T> {
 public:
  using PairKernel<T>::PairKernel;

 protected:
  void leaf(const ReductionCut::Unit& unit, int64_t begin, int64_t rows, const Arguments& arguments, T* sums,
            T* products) const override {
    const T* g = static_cast<const T*>(arguments.inputs[0]) + this->offset(unit, begin);
    const T* x = static_cast<const T*>(arguments.inputs[1]) + this->offset(unit, begin);
    const T* center = static_cast<const T*>(arguments.inputs[2]) + unit.outer * this->cut_.inner() + unit.column;
    if (this->cut_.inner() == 1) {
      loops_.centered_sums_row(g, x, *center, rows, sums, products);
    } else {
      loops_.centered_sums_columns(g, x, center, rows, this->cut_.inner(), sums, products, unit.width);
    }
  }
  void join(T* a, int64_t, const T* b, int64_t, int64_t width) const override { add_(a, b, 2 * width); }

 private:
  const NormalizationLoops<T>& loops_ = loops_for<T>(*active_loops().normalization);
  void (*add_)(T*, const T*, int64_t) = loops_for<T>(*active_loops().reduce).combine[reduce_sum];
};

void check(int64_t outer, int64_t reduced, int64_t inner) {
  ATELIER_CHECK(outer >= 0 && reduced >= 1 && inner >= 0);
}

}  // namespace

std::unique_ptr<Kernel> make_moments(tensor::DType dtype, int64_t outer, int64_t reduced, int64_t inner) {
  check(outer, reduced, inner);
  return make_real<Moments>(dtype, outer, reduced, inner);
}

std::unique_ptr<Kernel> make_centered_sums(tensor::DType dtype, int64_t outer, int64_t reduced, int64_t inner) {
  check(outer, reduced, inner);
  return make_real<CenteredSums>(dtype, outer, reduced, inner);
}

}  // namespace atelier::kernels
