// Axes in another order.
#include "base/error.hpp"
#include "kernels/movement_region.hpp"

namespace atelier::kernels {
namespace {

constexpr int64_t tile = 32;  // side of a block of a transposition, in elements

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

}  // namespace atelier::kernels
