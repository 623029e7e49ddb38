// Blocks of one array copied to another place in another array. Elements are moved as words of their size, whatever
// they mean. Inside this room only.
#pragma once

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>
#include <vector>

#include "kernels/movement.hpp"
#include "kernels/pieces.hpp"

namespace atelier::kernels {

using Strides = std::array<int64_t, tensor::Shape::max_rank>;

inline Strides contiguous_strides(const tensor::Shape& shape) {
  Strides strides{};
  int64_t stride = 1;
  for (size_t axis = shape.rank(); axis-- > 0;) {
    strides[axis] = stride;
    stride *= shape[axis];
  }
  return strides;
}

// A block of up to eight axes, and how far apart its elements lie in the source and in the target.
struct Region {
  tensor::Shape dims;
  Strides from{};
  Strides to{};

  [[nodiscard]] int64_t rows() const {
    int64_t rows = 1;
    for (size_t axis = 0; axis + 1 < dims.rank(); ++axis) {
      rows *= dims[axis];
    }
    return rows;
  }
  [[nodiscard]] int64_t row_length() const { return dims.rank() == 0 ? 1 : dims[dims.rank() - 1]; }
};

// The same elements with fewer axes: neighbours that lie one behind the other on both sides become one, up to rows that
// are worth a call and still leave enough of them to cut.
inline Region merged(const Region& region) {
  constexpr int64_t longest_row = 4096;
  Region out;
  std::array<size_t, tensor::Shape::max_rank>
      kept{};  // the axes of `region` that end the axes of `out`, last one first
  std::array<int64_t, tensor::Shape::max_rank> lengths{};
  size_t rank = 0;
  for (size_t axis = region.dims.rank(); axis-- > 0;) {
    if (region.dims[axis] == 1) {
      continue;
    }
    if (rank > 0) {
      const size_t inner = kept.at(rank - 1);
      int64_t& length = lengths.at(rank - 1);
      const bool together =
          region.from[axis] == length * region.from[inner] && region.to[axis] == length * region.to[inner];
      if (together && (rank > 1 || length * region.dims[axis] <= longest_row)) {
        length *= region.dims[axis];
        continue;
      }
    }
    kept.at(rank) = axis;
    lengths.at(rank++) = region.dims[axis];
  }
  for (size_t i = rank; i-- > 0;) {
    out.from[out.dims.rank()] = region.from[kept.at(i)];
    out.to[out.dims.rank()] = region.to[kept.at(i)];
    out.dims.append(lengths.at(i));
  }
  return out;
}

// Offsets of row number `row` (all axes but the last) in source and target.
struct Offsets {
  int64_t from = 0;
  int64_t to = 0;
};
inline Offsets offsets_of(const Region& region, int64_t row) {
  Offsets offsets;
  for (size_t axis = region.dims.rank() < 2 ? 0 : region.dims.rank() - 1; axis-- > 0;) {
    const int64_t index = row % region.dims[axis];
    row /= region.dims[axis];
    offsets.from += index * region.from[axis];
    offsets.to += index * region.to[axis];
  }
  return offsets;
}

template <typename Word>
void copy_rows(const Region& region, const Word* from, Word* to, int64_t first, int64_t last) {
  const int64_t n = region.row_length();
  const size_t last_axis = region.dims.rank() == 0 ? 0 : region.dims.rank() - 1;
  const int64_t from_stride = region.dims.rank() == 0 ? 1 : region.from[last_axis];
  const int64_t to_stride = region.dims.rank() == 0 ? 1 : region.to[last_axis];
  for (int64_t row = first; row < last; ++row) {
    const Offsets offsets = offsets_of(region, row);
    const Word* source = from + offsets.from;
    Word* target = to + offsets.to;
    if (from_stride == 1 && to_stride == 1) {
      std::memcpy(target, source, static_cast<size_t>(n) * sizeof(Word));
    } else {
      for (int64_t i = 0; i < n; ++i) {
        target[i * to_stride] = source[i * from_stride];
      }
    }
  }
}

// Calls f with a null pointer of the word type of that size.
template <typename Function>
void with_word(tensor::DType dtype, Function&& f) {
  if (tensor::size_of(dtype) == 4) {
    f(static_cast<uint32_t*>(nullptr));
  } else {
    f(static_cast<uint64_t*>(nullptr));
  }
}

// Copies a region, cut by rows. The starts of the block in source or target are read when it runs.
class RegionCopy : public Kernel {
 public:
  enum class Starts : uint8_t { none, of_source, of_target };

  RegionCopy(tensor::DType dtype, const Region& region, Starts which, std::vector<OperandReference> starts,
             std::vector<int64_t> largest_starts, const Strides& start_strides)
      : dtype_(dtype),
        region_(merged(region)),
        which_(which),
        starts_(std::move(starts)),
        largest_starts_(std::move(largest_starts)),
        start_strides_(start_strides),
        rows_(region_.rows(), region_.row_length()) {}

  [[nodiscard]] int64_t pieces(int64_t) const override { return rows_.count(); }

  void run(int64_t, int64_t piece, const Arguments& arguments) const override {
    copy(piece, arguments.inputs[0], arguments.outputs[0], arguments.operands);
  }

 protected:
  void copy(int64_t piece, const void* source, void* target, const Operand* operands) const {
    if (region_.dims.elements() == 0) {
      return;
    }
    int64_t offset = 0;
    for (size_t axis = 0; axis < starts_.size(); ++axis) {
      offset +=
          std::clamp<int64_t>(starts_[axis].in(operands).integer, 0, largest_starts_[axis]) * start_strides_[axis];
    }
    with_word(dtype_, [&]<typename Word>(Word*) {
      copy_rows(region_, static_cast<const Word*>(source) + (which_ == Starts::of_source ? offset : 0),
                static_cast<Word*>(target) + (which_ == Starts::of_target ? offset : 0), rows_.first(piece),
                rows_.last(piece));
    });
  }

  tensor::DType dtype_;
  Region region_;

 private:
  Starts which_;
  std::vector<OperandReference> starts_;
  std::vector<int64_t> largest_starts_;
  Strides start_strides_;
  Pieces rows_;
};

}  // namespace atelier::kernels
