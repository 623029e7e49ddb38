#include "kernels/along.hpp"

#include <algorithm>
#include <cstring>

#include "base/error.hpp"
#include "kernels/making.hpp"
#include "kernels/movement_region.hpp"
#include "kernels/pieces.hpp"

namespace atelier::kernels {
namespace {

constexpr int64_t column_block = 64;  // columns of the last axis that a unit of a scatter has

// Row by row of the indices' last axis.
template <typename T>
class GatherAlong : public Kernel {
 public:
  GatherAlong(const tensor::Shape& x, const tensor::Shape& indices, size_t axis)
      : indices_(indices),
        strides_(contiguous_strides(x)),
        axis_(axis),
        length_(x[axis]),
        width_(indices[indices.rank() - 1]),
        rows_(width_ == 0 ? 0 : indices.elements() / width_, width_) {}

  [[nodiscard]] int64_t pieces(int64_t) const override { return rows_.count(); }

  void run(int64_t, int64_t piece, const Arguments& arguments) const override {
    const size_t last = indices_.rank() - 1;
    const int64_t stride = strides_[axis_];
    const int64_t step = axis_ == last ? 0 : 1;
    for (int64_t row = rows_.first(piece); row < rows_.last(piece); ++row) {
      const T* x = static_cast<const T*>(arguments.inputs[0]) + offset_of(row);
      const auto* indices = static_cast<const int64_t*>(arguments.inputs[1]) + row * width_;
      T* out = static_cast<T*>(arguments.outputs[0]) + row * width_;
      for (int64_t j = 0; j < width_; ++j) {
        const bool is_inside = indices[j] >= 0 && indices[j] < length_;
        out[j] = is_inside ? x[indices[j] * stride + j * step] : missing<T>;
      }
    }
  }

 private:
  // Of a row in x, without the axis.
  [[nodiscard]] int64_t offset_of(int64_t row) const {
    int64_t offset = 0;
    for (size_t axis = indices_.rank() - 1; axis-- > 0;) {
      offset += axis == axis_ ? 0 : row % indices_[axis] * strides_[axis];
      row /= indices_[axis];
    }
    return offset;
  }

  tensor::Shape indices_;
  Strides strides_;
  size_t axis_;
  int64_t length_;  // of x along the axis
  int64_t width_;   // of a row
  Pieces rows_;
};

// First the base, where it is not the output already; then the updates. A unit has whole runs along the axis, so that
// each element adds up on one thread, in the order of its updates: those of a place on the axes before the last, and
// of a block of columns of the last axis where that is not the one itself.
template <typename T>
class ScatterAddAlong : public Kernel {
 public:
  ScatterAddAlong(const tensor::Shape& base, const tensor::Shape& indices, const tensor::Shape& updates, size_t axis)
      : indices_(indices), axis_(axis), length_(base[axis]), base_(base.elements(), 1) {
    base_strides_ = contiguous_strides(base);
    index_strides_ = contiguous_strides(indices);
    update_strides_ = contiguous_strides(updates);
    const size_t last = indices.rank() - 1;
    columns_ = axis == last ? 1 : indices[last];
    blocks_ = axis == last ? 1 : ceil_divide(columns_, column_block);
    int64_t places = indices.elements() == 0 ? 0 : 1;  // of nothing there may be very many
    for (size_t other = 0; other < last; ++other) {
      places *= other == axis ? 1 : indices[other];
    }
    units_ = Pieces(places * blocks_, indices[axis] * std::min(columns_, column_block));
  }

  [[nodiscard]] int64_t phases() const override { return 2; }
  [[nodiscard]] int64_t pieces(int64_t phase) const override { return phase == 0 ? base_.count() : units_.count(); }
  [[nodiscard]] bool may_overwrite(size_t input) const override { return input == 0; }

  void run(int64_t phase, int64_t piece, const Arguments& arguments) const override {
    T* out = static_cast<T*>(arguments.outputs[0]);
    if (phase == 0) {
      const int64_t first = base_.first(piece);
      const int64_t n = base_.last(piece) - first;
      if (n > 0 && arguments.inputs[0] != out) {
        std::memcpy(out + first, static_cast<const T*>(arguments.inputs[0]) + first,
                    static_cast<size_t>(n) * sizeof(T));
      }
      return;
    }
    for (int64_t unit = units_.first(piece); unit < units_.last(piece); ++unit) {
      add(unit, static_cast<const int64_t*>(arguments.inputs[1]), static_cast<const T*>(arguments.inputs[2]), out);
    }
  }

 private:
  void add(int64_t unit, const int64_t* indices, const T* updates, T* out) const {
    const int64_t first = unit % blocks_ * column_block;
    const int64_t end = std::min(columns_, first + column_block);
    int64_t place = unit / blocks_;
    for (size_t other = indices_.rank() - 1; other-- > 0;) {
      if (other != axis_) {
        const int64_t at = place % indices_[other];
        place /= indices_[other];
        indices += at * index_strides_[other];
        updates += at * update_strides_[other];
        out += at * base_strides_[other];
      }
    }
    const int64_t stride = base_strides_[axis_];
    for (int64_t i = 0; i < indices_[axis_]; ++i) {
      for (int64_t j = first; j < end; ++j) {
        const int64_t index = indices[i * index_strides_[axis_] + j];
        if (index >= 0 && index < length_) {
          T& target = out[index * stride + j];
          target = sum(target, updates[i * update_strides_[axis_] + j]);
        }
      }
    }
  }

  tensor::Shape indices_;
  size_t axis_;
  int64_t length_;  // of the base along the axis
  Strides base_strides_{}, index_strides_{}, update_strides_{};
  int64_t columns_ = 1;
  int64_t blocks_ = 1;
  Pieces base_;  // of single elements
  Pieces units_;
};

}  // namespace

std::unique_ptr<Kernel> make_gather_along(tensor::DType dtype, const tensor::Shape& x, const tensor::Shape& indices,
                                          size_t axis) {
  ATELIER_CHECK(axis < x.rank() && indices.rank() == x.rank());
  return make_number<GatherAlong>(dtype, x, indices, axis);
}

std::unique_ptr<Kernel> make_scatter_add_along(tensor::DType dtype, const tensor::Shape& base,
                                               const tensor::Shape& indices, const tensor::Shape& updates,
                                               size_t axis) {
  ATELIER_CHECK(axis < base.rank() && indices.rank() == base.rank() && updates.rank() == base.rank());
  return make_number<ScatterAddAlong>(dtype, base, indices, updates, axis);
}

}  // namespace atelier::kernels
