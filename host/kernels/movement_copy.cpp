// Slices, blocks in the place of others, joined and padded arrays.
#include <cstring>

#include "base/error.hpp"
#include "kernels/movement_region.hpp"

namespace atelier::kernels {
namespace {

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
