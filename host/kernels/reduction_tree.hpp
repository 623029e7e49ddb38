// How reductions of (outer, reduced, inner) to (outer, inner) are cut, and the tree in which their parts meet: leaves
// of the reduced axis are reduced by the loops, and join as a binary counter counts. Two neighbours of equal size join,
// and what is left over at the end joins from the smallest up. A run of 2^k leaves that starts at a multiple of 2^k is
// a subtree, so a long axis may be cut there into chunks of their own pieces without a change of any bit.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "kernels/making.hpp"

namespace atelier::kernels {

// A unit is one chunk of the reduced axis of one block of columns of one outer index; a piece of the first phase is a
// run of units. Where the axis is cut into several chunks, a second phase joins them, each piece of it one block.
class ReductionCut {
 public:
  struct Unit {
    int64_t outer;
    int64_t chunk;
    int64_t begin, end;  // of the reduced axis
    int64_t column, width;
  };

  ReductionCut(int64_t outer, int64_t reduced, int64_t inner)
      : outer_(outer), reduced_(reduced), inner_(inner), leaf_(inner == 1 ? row_leaf : column_leaf) {
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

  [[nodiscard]] int64_t phases() const { return chunks_ > 1 ? 2 : 1; }
  [[nodiscard]] int64_t pieces(int64_t phase) const {
    return phase == 0 ? std::max<int64_t>(1, ceil_divide(units(), units_per_piece_)) : outer_ * blocks_;
  }
  // Calls f(unit) for the units of a piece of the first phase.
  template <typename Function>
  void for_units(int64_t piece, Function&& f) const {
    const int64_t last = std::min(units(), (piece + 1) * units_per_piece_);
    for (int64_t index = piece * units_per_piece_; index < last; ++index) {
      const int64_t outer_chunk = index / blocks_;
      const int64_t begin = outer_chunk % chunks_ * chunk_;
      f(Unit{outer_chunk / chunks_, outer_chunk % chunks_, begin, std::min(reduced_, begin + chunk_),
             index % blocks_ * block_, width(index % blocks_)});
    }
  }
  // The whole reduced axis, of a piece of the second phase.
  [[nodiscard]] Unit join(int64_t piece) const {
    return {piece / blocks_, 0, 0, reduced_, piece % blocks_ * block_, width(piece % blocks_)};
  }

  [[nodiscard]] int64_t outer() const { return outer_; }
  [[nodiscard]] int64_t reduced() const { return reduced_; }
  [[nodiscard]] int64_t inner() const { return inner_; }
  [[nodiscard]] int64_t leaf() const { return leaf_; }
  [[nodiscard]] int64_t chunk() const { return chunk_; }
  [[nodiscard]] int64_t chunks() const { return chunks_; }
  // Of a tree's memory, in values for each result of a column.
  [[nodiscard]] int64_t tree_values() const { return (levels_ + 2) * std::min(block_, std::max<int64_t>(1, inner_)); }

 private:
  static constexpr int64_t row_leaf = 2048;         // elements of a leaf where the reduced axis is the last one
  static constexpr int64_t column_leaf = 32;        // rows of a leaf elsewhere
  static constexpr int64_t column_block = 512;      // columns that are reduced together
  static constexpr int64_t piece_elements = 32768;  // at least, where there are as many

  [[nodiscard]] int64_t units() const { return outer_ * chunks_ * blocks_; }
  [[nodiscard]] int64_t width(int64_t block) const { return std::min(block_, inner_ - block * block_); }

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

// Joins blocks of `width` values, as they come, by join(a, rows of a, b, rows of b), which leaves the result in a. The
// memory is the caller's: (levels + 1) * width values, for up to 2^levels blocks. The next block is written to next(),
// then push() is called.
template <typename T, typename Join>
class Tree {
 public:
  Tree(T* memory, int64_t width, Join join) : join_(join), memory_(memory), width_(width) {}

  T* next() { return memory_ + static_cast<int64_t>(depth_) * width_; }

  void push(int64_t rows) {
    rows_[depth_] = rows;
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
    T* below = memory_ + static_cast<int64_t>(depth_ - 1) * width_;
    join_(below, rows_[depth_ - 1], below + width_, rows_[depth_]);
    rows_[depth_ - 1] += rows_[depth_];
    --depth_;
  }

  Join join_;
  T* memory_;
  int64_t width_;
  size_t depth_ = 0;
  uint64_t count_ = 0;
  std::array<int64_t, 64> rows_;  // of the blocks
};

}  // namespace atelier::kernels
