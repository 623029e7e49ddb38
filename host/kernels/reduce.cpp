// Leaves are reduced by the loops; the leaves of a row meet in the tree of a binary counter: two neighbours of equal
// size join, and what is left over at the end joins from the smallest up. A run of 2^k leaves that starts at a multiple
// of 2^k is a subtree, so a long row may be cut there into chunks of their own pieces without a change of any bit.
#include "kernels/reduce.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>

#include "base/error.hpp"
#include "kernels/loops/loops.hpp"

namespace atelier::kernels {
namespace {

constexpr int64_t row_leaf = 2048;         // elements of a leaf where the reduced axis is the last one
constexpr int64_t column_leaf = 32;        // rows of a leaf elsewhere
constexpr int64_t column_block = 512;      // columns that are reduced together
constexpr int64_t piece_elements = 32768;  // at least, where there are as many

// Joins blocks of `width` values, as they come, in the tree of a binary counter. Its memory is the caller's:
// (levels + 1) * width values, for up to 2^levels blocks. The next block is written to next(), then push() is called.
template <typename T>
class Tree {
 public:
  using Combine = void (*)(T*, const T*, int64_t);

  Tree(Combine combine, T* memory, int64_t width) : combine_(combine), memory_(memory), width_(width) {}

  T* next() { return memory_ + depth_ * width_; }

  void push() {
    for (uint64_t carry = count_; (carry & 1U) != 0; carry >>= 1U) {
      join_top();
    }
    ++depth_;
    ++count_;
  }

  const T* finish() {
    --depth_;
    while (depth_ > 0) {
      join_top();
    }
    return memory_;
  }

 private:
  // The block at depth_ is the newest; it joins the one below.
  void join_top() {
    combine_(memory_ + (depth_ - 1) * width_, memory_ + depth_ * width_, width_);
    --depth_;
  }

  Combine combine_;
  T* memory_;
  int64_t width_;
  int64_t depth_ = 0;
  uint64_t count_ = 0;
};

int64_t ceil_divide(int64_t a, int64_t b) {
  return (a + b - 1) / b;
}

template <typename T>
T identity(Reduction reduction) {
  switch (reduction) {
    case Reduction::max:
      return -std::numeric_limits<T>::infinity();
    case Reduction::min:
      return std::numeric_limits<T>::infinity();
    default:
      return T(0);
  }
}

template <typename T>
const ReduceLoops<T>& active_reduce_loops() {
  if constexpr (sizeof(T) == sizeof(float)) {
    return active_loops().reduce->f32;
  } else {
    return active_loops().reduce->f64;
  }
}

ReduceOperation operation_of(Reduction reduction) {
  if (reduction == Reduction::sum) {
    return reduce_sum;
  }
  return reduction == Reduction::max || reduction == Reduction::argmax ? reduce_max : reduce_min;
}

// A unit is one chunk of the reduced axis of one block of columns of one outer index; a piece is a run of units. Where
// the axis is cut into several chunks, the first phase leaves them in the workspace as (outer, chunks, inner), and the
// second joins them.
template <typename T>
class ReduceKernel : public Kernel {
 public:
  ReduceKernel(Reduction reduction, int64_t outer, int64_t reduced, int64_t inner)
      : reduction_(reduction),
        row_(active_reduce_loops<T>().row[operation_of(reduction)]),
        columns_(active_reduce_loops<T>().columns[operation_of(reduction)]),
        combine_(active_reduce_loops<T>().combine[operation_of(reduction)]),
        outer_(outer),
        reduced_(reduced),
        inner_(inner),
        leaf_(inner == 1 ? row_leaf : column_leaf) {
    // Narrower blocks of columns where that makes enough pieces; in whole lines of the cache.
    const int64_t share = ceil_divide(ceil_divide(piece_elements, std::max<int64_t>(1, reduced)), 32) * 32;
    block_ = std::clamp<int64_t>(share, 32, column_block);
    blocks_ = ceil_divide(inner, block_);
    chunk_ = leaf_;
    while (chunk_ < reduced && chunk_ * std::min(block_, inner) < piece_elements) {
      chunk_ *= 2;
    }
    chunks_ = std::max<int64_t>(1, ceil_divide(reduced, chunk_));
    const int64_t unit_elements = std::max<int64_t>(1, std::min(chunk_, reduced) * std::min(block_, inner));
    units_per_piece_ = std::max<int64_t>(1, piece_elements / unit_elements);
    for (int64_t leaves = 1; leaves < std::max(chunk_ / leaf_, chunks_); leaves *= 2) {
      ++levels_;
    }
  }

  [[nodiscard]] int64_t phases() const override { return chunks_ > 1 ? 2 : 1; }
  [[nodiscard]] int64_t pieces(int64_t phase) const override {
    return phase == 0 ? std::max<int64_t>(1, ceil_divide(units(), units_per_piece_)) : joins();
  }
  [[nodiscard]] size_t workspace_bytes() const override {
    return chunks_ > 1 ? static_cast<size_t>(outer_ * chunks_ * inner_) * sizeof(T) : 0;
  }
  [[nodiscard]] size_t scratch_bytes() const override {
    return static_cast<size_t>((levels_ + 2) * std::min(block_, std::max<int64_t>(1, inner_))) * sizeof(T);
  }

  void run(int64_t phase, int64_t piece, const Arguments& arguments) const override {
    if (phase == 0) {
      const auto* x = static_cast<const T*>(arguments.inputs[0]);
      T* out = chunks_ > 1 ? reinterpret_cast<T*>(arguments.workspace) : static_cast<T*>(arguments.outputs[0]);
      const int64_t end = std::min(units(), (piece + 1) * units_per_piece_);
      for (int64_t unit = piece * units_per_piece_; unit < end; ++unit) {
        reduce_unit(unit, x, out, reinterpret_cast<T*>(arguments.scratch));
      }
    } else {
      const auto* partial = reinterpret_cast<const T*>(arguments.workspace);
      join_chunks(piece, partial, static_cast<T*>(arguments.outputs[0]), reinterpret_cast<T*>(arguments.scratch));
    }
  }

 private:
  [[nodiscard]] int64_t units() const { return outer_ * chunks_ * blocks_; }
  [[nodiscard]] int64_t joins() const { return outer_ * blocks_; }

  // x is (outer, reduced, inner), out is (outer, chunks, inner).
  void reduce_unit(int64_t unit, const T* x, T* out, T* scratch) const {
    const int64_t first_column = unit % blocks_ * block_;
    const int64_t row_of_chunks = unit / blocks_;  // outer * chunks + chunk
    const int64_t begin = row_of_chunks % chunks_ * chunk_;
    const int64_t end = std::min(reduced_, begin + chunk_);
    const int64_t width = std::min(block_, inner_ - first_column);
    T* result = out + row_of_chunks * inner_ + first_column;
    if (begin == end) {
      std::fill_n(result, width, identity<T>(reduction_));
      return;
    }
    const T* source = x + (row_of_chunks / chunks_ * reduced_ + begin) * inner_ + first_column;
    if (end - begin <= leaf_) {
      reduce_leaf(source, end - begin, result, width);
      return;
    }
    Tree<T> tree(combine_, scratch, width);
    for (int64_t first = begin; first < end; first += leaf_) {
      reduce_leaf(source + (first - begin) * inner_, std::min(leaf_, end - first), tree.next(), width);
      tree.push();
    }
    std::copy_n(tree.finish(), width, result);
  }

  void reduce_leaf(const T* x, int64_t n, T* out, int64_t width) const {
    if (inner_ == 1) {
      *out = row_(x, n);
    } else {
      columns_(x, n, inner_, out, width);
    }
  }

  void join_chunks(int64_t join, const T* partial, T* out, T* scratch) const {
    const int64_t first_column = join % blocks_ * block_;
    const int64_t o = join / blocks_;
    const int64_t width = std::min(block_, inner_ - first_column);
    Tree<T> tree(combine_, scratch, width);
    for (int64_t chunk = 0; chunk < chunks_; ++chunk) {
      std::copy_n(partial + (o * chunks_ + chunk) * inner_ + first_column, width, tree.next());
      tree.push();
    }
    std::copy_n(tree.finish(), width, out + o * inner_ + first_column);
  }

  Reduction reduction_;
  T (*row_)(const T*, int64_t);
  void (*columns_)(const T*, int64_t, int64_t, T*, int64_t);
  void (*combine_)(T*, const T*, int64_t);
  int64_t outer_;
  int64_t reduced_;
  int64_t inner_;
  int64_t leaf_;
  int64_t block_ = 0;   // columns of a unit
  int64_t blocks_ = 0;  // of columns
  int64_t chunk_ = 0;   // of the reduced axis, of a unit: a power of two of leaves
  int64_t chunks_ = 0;
  int64_t units_per_piece_ = 0;
  int64_t levels_ = 0;
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
      : reduction_(reduction),
        outer_(outer),
        reduced_(reduced),
        inner_(inner),
        outer_per_piece_(std::max<int64_t>(1, piece_elements / std::max<int64_t>(1, reduced * inner))) {}

  [[nodiscard]] int64_t pieces(int64_t) const override {
    return std::max<int64_t>(1, ceil_divide(outer_, outer_per_piece_));
  }
  [[nodiscard]] size_t scratch_bytes() const override { return static_cast<size_t>(inner_) * sizeof(T); }

  void run(int64_t, int64_t piece, const Arguments& arguments) const override {
    const int64_t end = std::min(outer_, (piece + 1) * outer_per_piece_);
    for (int64_t o = piece * outer_per_piece_; o < end; ++o) {
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
  int64_t outer_;
  int64_t reduced_;
  int64_t inner_;
  int64_t outer_per_piece_;
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
