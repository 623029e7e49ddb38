#include "kernels/reduce.hpp"

#include <algorithm>
#include <limits>

#include "base/error.hpp"
#include "kernels/loops/loops.hpp"
#include "kernels/pieces.hpp"
#include "kernels/reduction_tree.hpp"

namespace atelier::kernels {
namespace {

template <typename T>
T identity(Reduction reduction) {
  switch (reduction) {
    case Reduction::max:
      return -std::numeric_limits<T>::infinity();
    case Reduction::min:
      return std::numeric_limits<T>::infinity();
    case Reduction::product:
      return T(1);
    default:
      return T(0);
  }
}

ReduceOperation operation_of(Reduction reduction) {
  if (reduction == Reduction::sum) {
    return reduce_sum;
  }
  if (reduction == Reduction::product) {
    return reduce_product;
  }
  return reduction == Reduction::max || reduction == Reduction::argmax ? reduce_max : reduce_min;
}

// Where the axis is cut into several chunks, the first phase leaves them in the workspace as (outer, chunks, inner).
template <typename T>
class ReduceKernel : public Kernel {
 public:
  ReduceKernel(Reduction reduction, int64_t outer, int64_t reduced, int64_t inner)
      : reduction_(reduction),
        row_(loops_for<T>(*active_loops().reduce).row[operation_of(reduction)]),
        columns_(loops_for<T>(*active_loops().reduce).columns[operation_of(reduction)]),
        combine_(loops_for<T>(*active_loops().reduce).combine[operation_of(reduction)]),
        cut_(outer, reduced, inner) {}

  [[nodiscard]] int64_t phases() const override { return cut_.phases(); }
  [[nodiscard]] int64_t pieces(int64_t phase) const override { return cut_.pieces(phase); }
  [[nodiscard]] size_t workspace_bytes() const override {
    return cut_.chunks() > 1 ? static_cast<size_t>(cut_.outer() * cut_.chunks() * cut_.inner()) * sizeof(T) : 0;
  }
  [[nodiscard]] size_t scratch_bytes() const override { return static_cast<size_t>(cut_.tree_values()) * sizeof(T); }

  void run(int64_t phase, int64_t piece, const Arguments& arguments) const override {
    if (phase == 0) {
      const auto* x = static_cast<const T*>(arguments.inputs[0]);
      T* out = cut_.chunks() > 1 ? reinterpret_cast<T*>(arguments.workspace) : static_cast<T*>(arguments.outputs[0]);
      cut_.for_units(piece, [&](const ReductionCut::Unit& unit) {
        reduce_unit(unit, x, out, reinterpret_cast<T*>(arguments.scratch));
      });
    } else {
      const auto* partial = reinterpret_cast<const T*>(arguments.workspace);
      join_chunks(cut_.join(piece), partial, static_cast<T*>(arguments.outputs[0]),
                  reinterpret_cast<T*>(arguments.scratch));
    }
  }

 private:
  [[nodiscard]] auto tree_in(T* scratch, int64_t width) const {
    return Tree(scratch, width, [this, width](T* a, int64_t, const T* b, int64_t) { combine_(a, b, width); });
  }

  // x is (outer, reduced, inner), out is (outer, chunks, inner).
  void reduce_unit(const ReductionCut::Unit& unit, const T* x, T* out, T* scratch) const {
    T* result = out + (unit.outer * cut_.chunks() + unit.chunk) * cut_.inner() + unit.column;
    if (unit.begin == unit.end) {
      std::fill_n(result, unit.width, identity<T>(reduction_));
      return;
    }
    const T* source = x + (unit.outer * cut_.reduced() + unit.begin) * cut_.inner() + unit.column;
    const int64_t rows = unit.end - unit.begin;
    if (rows <= cut_.leaf()) {
      reduce_leaf(source, rows, result, unit.width);
      return;
    }
    auto tree = tree_in(scratch, unit.width);
    for (int64_t first = 0; first < rows; first += cut_.leaf()) {
      const int64_t leaf = std::min(cut_.leaf(), rows - first);
      reduce_leaf(source + first * cut_.inner(), leaf, tree.next(), unit.width);
      tree.push(leaf);
    }
    std::copy_n(tree.finish(), unit.width, result);
  }

  void reduce_leaf(const T* x, int64_t n, T* out, int64_t width) const {
    if (cut_.inner() == 1) {
      *out = row_(x, n);
    } else {
      columns_(x, n, cut_.inner(), out, width);
    }
  }

  void join_chunks(const ReductionCut::Unit& unit, const T* partial, T* out, T* scratch) const {
    auto tree = tree_in(scratch, unit.width);
    for (int64_t chunk = 0; chunk < cut_.chunks(); ++chunk) {
      std::copy_n(partial + (unit.outer * cut_.chunks() + chunk) * cut_.inner() + unit.column, unit.width, tree.next());
      tree.push(cut_.chunk());
    }
    std::copy_n(tree.finish(), unit.width, out + unit.outer * cut_.inner() + unit.column);
  }

  Reduction reduction_;
  T (*row_)(const T*, int64_t);
  void (*columns_)(const T*, int64_t, int64_t, T*, int64_t);
  void (*combine_)(T*, const T*, int64_t);
  ReductionCut cut_;
};

template <typename T>
bool beats(Reduction reduction, T candidate, T best) {
  const bool is_more = reduction == Reduction::argmax ? candidate > best : candidate < best;
  return is_more || (candidate != candidate && best == best);
}

// The reduced axis is never cut; a piece is a run of outer indices.
template <typename T>
class ArgumentReduceKernel : public Kernel {
 public:
  ArgumentReduceKernel(Reduction reduction, int64_t outer, int64_t reduced, int64_t inner)
      : reduction_(reduction), reduced_(reduced), inner_(inner), outer_(outer, reduced * inner) {}

  [[nodiscard]] int64_t pieces(int64_t) const override { return outer_.count(); }
  [[nodiscard]] size_t scratch_bytes() const override { return static_cast<size_t>(inner_) * sizeof(T); }

  void run(int64_t, int64_t piece, const Arguments& arguments) const override {
    for (int64_t o = outer_.first(piece); o < outer_.last(piece); ++o) {
      const T* x = static_cast<const T*>(arguments.inputs[0]) + o * reduced_ * inner_;
      int64_t* out = static_cast<int64_t*>(arguments.outputs[0]) + o * inner_;
      T* best = reinterpret_cast<T*>(arguments.scratch);
      std::copy_n(x, inner_, best);
      std::fill_n(out, inner_, 0);
      for (int64_t r = 1; r < reduced_; ++r) {
        for (int64_t i = 0; i < inner_; ++i) {
          const T candidate = x[r * inner_ + i];
          if (beats(reduction_, candidate, best[i])) {
            best[i] = candidate;
            out[i] = r;
          }
        }
      }
    }
  }

 private:
  Reduction reduction_;
  int64_t reduced_;
  int64_t inner_;
  Pieces outer_;
};

template <typename T>
std::unique_ptr<Kernel> make_reduce_of(Reduction reduction, int64_t outer, int64_t reduced, int64_t inner) {
  if (reduction == Reduction::argmax || reduction == Reduction::argmin) {
    return std::make_unique<ArgumentReduceKernel<T>>(reduction, outer, reduced, inner);
  }
  return std::make_unique<ReduceKernel<T>>(reduction, outer, reduced, inner);
}

}  // namespace

std::unique_ptr<Kernel> make_reduce(Reduction reduction, tensor::DType dtype, int64_t outer, int64_t reduced,
                                    int64_t inner) {
  ATELIER_CHECK(dtype != tensor::DType::i64);
  ATELIER_CHECK(outer >= 0 && reduced >= 0 && inner >= 0);
  const bool is_argument = reduction == Reduction::argmax || reduction == Reduction::argmin;
  if (is_argument && reduced == 0 && outer * inner > 0) {
    throw Error(ErrorKind::shape, "argmax and argmin: got an axis of length 0, expected at least one element");
  }
  return dtype == tensor::DType::f32 ? make_reduce_of<float>(reduction, outer, reduced, inner)
                                     : make_reduce_of<double>(reduction, outer, reduced, inner);
}

}  // namespace atelier::kernels
