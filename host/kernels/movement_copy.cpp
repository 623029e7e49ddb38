// Blocks of one array copied to another place in another array: permute, slices, concatenate, pad. Elements are moved
// as words of their size, whatever they mean.
#include <algorithm>
#include <array>
#include <cstring>
#include <limits>

#include "base/error.hpp"
#include "kernels/making.hpp"
#include "kernels/movement.hpp"
#include "kernels/pieces.hpp"

namespace atelier::kernels {
namespace {

constexpr int64_t tile = 32;  // side of a block of a transposition, in elements

using Strides = std::array<int64_t, tensor::Shape::max_rank>;

Strides contiguous_strides(const tensor::Shape& shape) {
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
Region merged(const Region& region) {
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
Offsets offsets_of(const Region& region, int64_t row) {
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

// First the base, where it is not the output already; then the block.
class UpdateSlice : public RegionCopy {
 public:
  UpdateSlice(tensor::DType dtype, int64_t base_elements, const Region& block, std::vector<OperandReference> starts,
              std::vector<int64_t> largest_starts, const Strides& start_strides)
      : RegionCopy(dtype, block, Starts::of_target, std::move(starts), std::move(largest_starts), start_strides),
        base_(base_elements, 1) {}

  [[nodiscard]] int64_t phases() const override { return 2; }
  [[nodiscard]] int64_t pieces(int64_t phase) const override {
    return phase == 0 ? base_.count() : RegionCopy::pieces(0);
  }
  [[nodiscard]] bool may_overwrite(size_t input) const override { return input == 0; }

  void run(int64_t phase, int64_t piece, const Arguments& arguments) const override {
    if (phase == 1) {
      copy(piece, arguments.inputs[1], arguments.outputs[0], arguments.operands);
    } else if (arguments.inputs[0] != arguments.outputs[0]) {
      const auto size = static_cast<int64_t>(tensor::size_of(dtype_));
      const int64_t first = base_.first(piece);
      const int64_t n = base_.last(piece) - first;
      if (n > 0) {
        std::memcpy(static_cast<std::byte*>(arguments.outputs[0]) + first * size,
                    static_cast<const std::byte*>(arguments.inputs[0]) + first * size, static_cast<size_t>(n * size));
      }
    }
  }

 private:
  Pieces base_;  // of single elements
};

// A permutation that moves the last axis: tiles of the source's contiguous axis and the target's, for each place on the
// other axes, so that both sides are read and written in whole lines.
class TiledTranspose : public Kernel {
 public:
  // source_axis: where the source is contiguous; the target is contiguous on the last axis.
  TiledTranspose(tensor::DType dtype, const Region& region, size_t source_axis) : dtype_(dtype) {
    const size_t last = region.dims.rank() - 1;
    height_ = region.dims[source_axis];
    width_ = region.dims[last];
    to_stride_ = region.to[source_axis];
    from_stride_ = region.from[last];
    for (size_t axis = 0; axis < last; ++axis) {
      if (axis != source_axis) {
        others_.from[others_.dims.rank()] = region.from[axis];
        others_.to[others_.dims.rank()] = region.to[axis];
        others_.dims.append(region.dims[axis]);
      }
    }
    others_.dims.append(1);  // rows of a region leave out the last axis
    bands_ = ceil_divide(height_, tile);
    pieces_ = Pieces(others_.rows() * bands_, tile * width_);
  }

  [[nodiscard]] int64_t pieces(int64_t) const override { return pieces_.count(); }

  void run(int64_t, int64_t piece, const Arguments& arguments) const override {
    with_word(dtype_, [&]<typename Word>(Word*) {
      for (int64_t band = pieces_.first(piece); band < pieces_.last(piece); ++band) {
        const Offsets offsets = offsets_of(others_, band / bands_);
        transpose_band(static_cast<const Word*>(arguments.inputs[0]) + offsets.from,
                       static_cast<Word*>(arguments.outputs[0]) + offsets.to, band % bands_ * tile);
      }
    });
  }

 private:
  template <typename Word>
  void transpose_band(const Word* from, Word* to, int64_t first) const {
    const int64_t last = std::min(height_, first + tile);
    for (int64_t column = 0; column < width_; column += tile) {
      const int64_t end = std::min(width_, column + tile);
      for (int64_t i = first; i < last; ++i) {
        for (int64_t j = column; j < end; ++j) {
          to[i * to_stride_ + j] = from[j * from_stride_ + i];
        }
      }
    }
  }

  tensor::DType dtype_;
  Region others_;
  int64_t height_ = 0;
  int64_t width_ = 0;
  int64_t to_stride_ = 0;
  int64_t from_stride_ = 0;
  int64_t bands_ = 0;  // of `tile` rows, for each place on the other axes
  Pieces pieces_;
};

class Concatenate : public Kernel {
 public:
  Concatenate(tensor::DType dtype, int64_t outer, const std::vector<int64_t>& lengths, int64_t inner) {
    for (const int64_t length : lengths) {
      runs_.push_back(static_cast<size_t>(length * inner) * tensor::size_of(dtype));
      total_ += runs_.back();
    }
    rows_ = Pieces(outer, static_cast<int64_t>(total_ / tensor::size_of(dtype)));
  }

  [[nodiscard]] int64_t pieces(int64_t) const override { return rows_.count(); }

  void run(int64_t, int64_t piece, const Arguments& arguments) const override {
    for (int64_t row = rows_.first(piece); row < rows_.last(piece); ++row) {
      std::byte* target = static_cast<std::byte*>(arguments.outputs[0]) + static_cast<size_t>(row) * total_;
      for (size_t i = 0; i < runs_.size(); ++i) {
        if (runs_[i] > 0) {
          std::memcpy(target, static_cast<const std::byte*>(arguments.inputs[i]) + static_cast<size_t>(row) * runs_[i],
                      runs_[i]);
        }
        target += runs_[i];
      }
    }
  }

 private:
  std::vector<size_t> runs_;  // bytes of each input in a row of the output
  size_t total_ = 0;
  Pieces rows_;
};

// Row by row of the output: zeros, or a row of the input between zeros.
class Pad : public Kernel {
 public:
  Pad(tensor::DType dtype, const tensor::Shape& shape, const std::vector<int64_t>& low,
      const std::vector<int64_t>& high)
      : size_(tensor::size_of(dtype)), input_(shape), low_(low) {
    for (size_t axis = 0; axis < shape.rank(); ++axis) {
      output_.append(low[axis] + shape[axis] + high[axis]);
    }
    const Region region{output_, {}, {}};
    width_ = region.row_length();
    rows_ = Pieces(region.rows(), width_);
  }

  [[nodiscard]] int64_t pieces(int64_t) const override { return rows_.count(); }

  void run(int64_t, int64_t piece, const Arguments& arguments) const override {
    const size_t row_bytes = static_cast<size_t>(width_) * size_;
    for (int64_t row = rows_.first(piece); row < rows_.last(piece); ++row) {
      std::byte* target = static_cast<std::byte*>(arguments.outputs[0]) + static_cast<size_t>(row) * row_bytes;
      const int64_t source_row = input_row_of(row);
      if (row_bytes > 0) {
        std::memset(target, 0, row_bytes);
      }
      const size_t n = input_.rank() == 0 ? size_ : static_cast<size_t>(input_[input_.rank() - 1]) * size_;
      const size_t before = input_.rank() == 0 ? 0 : static_cast<size_t>(low_.back()) * size_;
      if (source_row >= 0 && n > 0) {
        std::memcpy(target + before,
                    static_cast<const std::byte*>(arguments.inputs[0]) + static_cast<size_t>(source_row) * n, n);
      }
    }
  }

 private:
  // The row of the input that lies in a row of the output, or -1.
  [[nodiscard]] int64_t input_row_of(int64_t row) const {
    int64_t result = 0;
    int64_t stride = 1;
    for (size_t axis = input_.rank() < 2 ? 0 : input_.rank() - 1; axis-- > 0;) {
      const int64_t index = row % output_[axis] - low_[axis];
      row /= output_[axis];
      if (index < 0 || index >= input_[axis]) {
        return -1;
      }
      result += index * stride;
      stride *= input_[axis];
    }
    return result;
  }

  size_t size_;
  tensor::Shape input_;
  tensor::Shape output_;
  std::vector<int64_t> low_;
  int64_t width_ = 0;
  Pieces rows_;
};

// How far the start of a block may go on each axis; throws where the block does not fit at all.
std::vector<int64_t> largest_starts(const tensor::Shape& whole, const tensor::Shape& block,
                                    const std::vector<int64_t>& steps) {
  std::vector<int64_t> largest;
  for (size_t axis = 0; axis < whole.rank(); ++axis) {
    const int64_t span = block[axis] == 0 ? 0 : (block[axis] - 1) * steps[axis] + 1;
    if (span > whole[axis]) {
      throw Error(ErrorKind::shape,
                  "slice: got {} elements in steps of {} on axis {}, expected at most the {} that it has", block[axis],
                  steps[axis], axis, whole[axis]);
    }
    largest.push_back(whole[axis] - span);
  }
  return largest;
}

}  // namespace

std::unique_ptr<Kernel> make_permute(tensor::DType dtype, const tensor::Shape& shape, const std::vector<int>& axes) {
  ATELIER_CHECK(axes.size() == shape.rank());
  const Strides source = contiguous_strides(shape);
  Region region;
  size_t source_axis = 0;
  for (size_t axis = 0; axis < axes.size(); ++axis) {
    const auto from = static_cast<size_t>(axes[axis]);
    ATELIER_CHECK(from < shape.rank());
    region.dims.append(shape[from]);
    region.from[axis] = source[from];
    source_axis = from + 1 == shape.rank() ? axis : source_axis;
  }
  region.to = contiguous_strides(region.dims);
  if (shape.rank() > 1 && source_axis + 1 != shape.rank()) {
    return std::make_unique<TiledTranspose>(dtype, region, source_axis);
  }
  return std::make_unique<RegionCopy>(dtype, region, RegionCopy::Starts::none, std::vector<OperandReference>{},
                                      std::vector<int64_t>{}, Strides{});
}

std::unique_ptr<Kernel> make_strided_copy(tensor::DType dtype, const tensor::Shape& input, const tensor::Shape& output,
                                          const std::vector<OperandReference>& starts,
                                          const std::vector<int64_t>& steps) {
  ATELIER_CHECK(input.rank() == output.rank() && starts.size() == input.rank() && steps.size() == input.rank());
  const Strides source = contiguous_strides(input);
  Region region{output, source, contiguous_strides(output)};
  for (size_t axis = 0; axis < input.rank(); ++axis) {
    ATELIER_CHECK(steps[axis] >= 1);
    region.from[axis] *= steps[axis];
  }
  return std::make_unique<RegionCopy>(dtype, region, RegionCopy::Starts::of_source, starts,
                                      largest_starts(input, output, steps), source);
}

std::unique_ptr<Kernel> make_update_slice(tensor::DType dtype, const tensor::Shape& base, const tensor::Shape& block,
                                          const std::vector<OperandReference>& starts) {
  ATELIER_CHECK(base.rank() == block.rank() && starts.size() == base.rank());
  const Strides target = contiguous_strides(base);
  const Region region{block, contiguous_strides(block), target};
  return std::make_unique<UpdateSlice>(dtype, base.elements(), region, starts,
                                       largest_starts(base, block, std::vector<int64_t>(base.rank(), 1)), target);
}

std::unique_ptr<Kernel> make_concatenate(tensor::DType dtype, int64_t outer, const std::vector<int64_t>& lengths,
                                         int64_t inner) {
  return std::make_unique<Concatenate>(dtype, outer, lengths, inner);
}

std::unique_ptr<Kernel> make_pad(tensor::DType dtype, const tensor::Shape& shape, const std::vector<int64_t>& low,
                                 const std::vector<int64_t>& high) {
  ATELIER_CHECK(low.size() == shape.rank() && high.size() == shape.rank());
  for (size_t axis = 0; axis < shape.rank(); ++axis) {
    ATELIER_CHECK(low[axis] >= 0 && high[axis] >= 0);
  }
  return std::make_unique<Pad>(dtype, shape, low, high);
}

}  // namespace atelier::kernels
