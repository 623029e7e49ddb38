#include "kernels/pooling.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "kernels/loops/loops.hpp"
#include "kernels/making.hpp"
#include "kernels/pieces.hpp"

namespace atelier::kernels {
namespace {

void check(const PoolingSpec& s) {
  ATELIER_CHECK(s.stride_y >= 1 && s.stride_x >= 1 && s.kernel_height >= 1 && s.kernel_width >= 1);
  ATELIER_CHECK(s.height >= 1 && s.width >= 1 && s.out_height() >= 1 && s.out_width() >= 1);
  ATELIER_CHECK(std::max(s.pad_top, s.pad_bottom) < s.kernel_height);
  ATELIER_CHECK(std::max(s.pad_left, s.pad_right) < s.kernel_width);
}

// Windows along one axis.
struct Axis {
  int64_t length, kernel, stride, pad;

  [[nodiscard]] int64_t first(int64_t at) const { return std::max<int64_t>(0, at * stride - pad); }
  [[nodiscard]] int64_t last(int64_t at) const { return std::min(length, at * stride - pad + kernel); }
  [[nodiscard]] bool whole(int64_t at) const { return last(at) - first(at) == kernel; }
};

// Calls f(run, element of the image where its first window begins, its first output pixel) for the windows of one row
// of output pixels: runs of whole windows, and one by one those that the border cuts.
template <typename Function>
void for_each_run(const PoolingSpec& s, int64_t oy, Function&& f) {
  const Axis rows{s.height, s.kernel_height, s.stride_y, s.pad_top};
  const Axis columns{s.width, s.kernel_width, s.stride_x, s.pad_left};
  WindowRun run{.rows = rows.last(oy) - rows.first(oy), .channels = s.channels};
  run.step = s.stride_x * s.channels;
  run.row_stride = s.width * s.channels;
  for (int64_t ox = 0; ox < s.out_width(); ox += run.pixels) {
    run.columns = columns.last(ox) - columns.first(ox);
    run.pixels = 1;
    while (columns.whole(ox) && ox + run.pixels < s.out_width() && columns.whole(ox + run.pixels)) {
      ++run.pixels;
    }
    f(run, (rows.first(oy) * s.width + columns.first(ox)) * s.channels, ox);
  }
}

// y is made row by row of its pixels: a piece is a run of the rows of all images.
class FromWindows : public Kernel {
 public:
  explicit FromWindows(const PoolingSpec& spec) : spec_(spec) {
    check(spec);
    rows_ = Pieces(spec.batch * spec.out_height(), spec.stride_y * spec.width * spec.channels);
  }

  [[nodiscard]] int64_t pieces(int64_t) const override { return rows_.count(); }
  [[nodiscard]] std::optional<ElementRange> finished(int64_t piece) const override {
    const int64_t row = spec_.out_width() * spec_.channels;
    return ElementRange{rows_.first(piece) * row, (rows_.last(piece) - rows_.first(piece)) * row};
  }

 protected:
  // Calls f(run, element of x, element of y) for all windows of a piece.
  template <typename Function>
  void for_piece(int64_t piece, Function&& f) const {
    const int64_t image = spec_.height * spec_.width * spec_.channels;
    for (int64_t row = rows_.first(piece); row < rows_.last(piece); ++row) {
      for_each_run(spec_, row % spec_.out_height(), [&](const WindowRun& run, int64_t window, int64_t ox) {
        f(run, row / spec_.out_height() * image + window, (row * spec_.out_width() + ox) * spec_.channels);
      });
    }
  }

  PoolingSpec spec_;

 private:
  Pieces rows_;
};

// dx is made of the pixels of y. Where windows lie apart, each row of them has the rows of dx from its own first to the
// next one's first for itself, and may be a piece; else a piece is a run of whole images.
class ToWindows : public Kernel {
 public:
  explicit ToWindows(const PoolingSpec& spec) : spec_(spec) {
    check(spec);
    const bool apart = spec.stride_y >= spec.kernel_height;
    tiles_ = spec.stride_y == spec.kernel_height && spec.stride_x == spec.kernel_width &&
             spec.out_height() * spec.stride_y == spec.height && spec.out_width() * spec.stride_x == spec.width &&
             spec.pad_top == 0 && spec.pad_left == 0;
    bands_of_image_ = apart ? spec.out_height() : 1;
    bands_ = Pieces(spec.batch * bands_of_image_, spec.height * spec.width * spec.channels / bands_of_image_);
  }

  [[nodiscard]] int64_t pieces(int64_t) const override { return bands_.count(); }
  [[nodiscard]] std::optional<ElementRange> finished(int64_t piece) const override {
    const int64_t first = first_element(bands_.first(piece));
    return ElementRange{first, first_element(bands_.last(piece)) - first};
  }

 protected:
  // Calls f(run, element of dx, element of y) for all windows of a piece, after its part of dx has been set to 0 where
  // windows do not tile it.
  template <typename T, typename Function>
  void for_piece(int64_t piece, T* dx, Function&& f) const {
    const int64_t row = spec_.width * spec_.channels;
    for (int64_t band = bands_.first(piece); band < bands_.last(piece); ++band) {
      const int64_t b = band / bands_of_image_;
      const int64_t first_y = bands_of_image_ == 1 ? 0 : band % bands_of_image_;
      const int64_t last_y = bands_of_image_ == 1 ? spec_.out_height() : first_y + 1;
      if (!tiles_) {
        const int64_t begin = b * spec_.height + first_row(first_y);
        std::fill(dx + begin * row, dx + (b * spec_.height + first_row(last_y)) * row, T(0));
      }
      for (int64_t oy = first_y; oy < last_y; ++oy) {
        for_each_run(spec_, oy, [&](const WindowRun& run, int64_t window, int64_t ox) {
          f(run, b * spec_.height * row + window,
            ((b * spec_.out_height() + oy) * spec_.out_width() + ox) * spec_.channels);
        });
      }
    }
  }

  PoolingSpec spec_;
  bool tiles_ = false;  // every pixel of dx is in one window

 private:
  // Of dx, that belongs to this band and the later ones.
  [[nodiscard]] int64_t first_element(int64_t band) const {
    return (band / bands_of_image_ * spec_.height + first_row(band % bands_of_image_)) * spec_.width * spec_.channels;
  }

  // Of the rows of dx that belong to this row of windows and the later ones.
  [[nodiscard]] int64_t first_row(int64_t oy) const {
    if (oy == 0) {
      return 0;
    }
    return oy == spec_.out_height() ? spec_.height : oy * spec_.stride_y - spec_.pad_top;
  }

  int64_t bands_of_image_ = 1;  // that have nothing to do with each other
  Pieces bands_;
};

template <typename T>
class MaxPool : public FromWindows {
 public:
  using FromWindows::FromWindows;
  void run(int64_t, int64_t piece, const Arguments& arguments) const override {
    const T* x = static_cast<const T*>(arguments.inputs[0]);
    T* y = static_cast<T*>(arguments.outputs[0]);
    for_piece(piece, [&](const WindowRun& run, int64_t at_x, int64_t at_y) { loops_.max(run, x + at_x, y + at_y); });
  }

 private:
  const PoolingLoops<T>& loops_ = loops_for<T>(*active_loops().pooling);
};

template <typename T>
class MaxPoolGather : public FromWindows {
 public:
  using FromWindows::FromWindows;
  void run(int64_t, int64_t piece, const Arguments& arguments) const override {
    const T* x = static_cast<const T*>(arguments.inputs[0]);
    const T* u = static_cast<const T*>(arguments.inputs[1]);
    T* y = static_cast<T*>(arguments.outputs[0]);
    for_piece(piece, [&](const WindowRun& run, int64_t at_x, int64_t at_y) {
      loops_.max_gather(run, x + at_x, u + at_x, y + at_y);
    });
  }

 private:
  const PoolingLoops<T>& loops_ = loops_for<T>(*active_loops().pooling);
};

template <typename T>
class MaxPoolScatter : public ToWindows {
 public:
  using ToWindows::ToWindows;
  void run(int64_t, int64_t piece, const Arguments& arguments) const override {
    const T* x = static_cast<const T*>(arguments.inputs[0]);
    const T* g = static_cast<const T*>(arguments.inputs[1]);
    T* dx = static_cast<T*>(arguments.outputs[0]);
    for_piece(piece, dx, [&](const WindowRun& run, int64_t at_x, int64_t at_y) {
      loops_.max_scatter[tiles_ ? 0 : 1](run, x + at_x, g + at_y, dx + at_x);
    });
  }

 private:
  const PoolingLoops<T>& loops_ = loops_for<T>(*active_loops().pooling);
};

// One over the divisor of a run of windows.
template <typename T>
T factor_of(const PoolingSpec& spec, PoolingDivisor divisor, const WindowRun& run) {
  switch (divisor) {
    case PoolingDivisor::none:
      return T(1);
    case PoolingDivisor::kernel:
      return T(1) / static_cast<T>(spec.kernel_height * spec.kernel_width);
    case PoolingDivisor::window:
      break;
  }
  return T(1) / static_cast<T>(run.rows * run.columns);
}

template <typename T>
class SumPool : public FromWindows {
 public:
  SumPool(const PoolingSpec& spec, PoolingDivisor divisor) : FromWindows(spec), divisor_(divisor) {}
  void run(int64_t, int64_t piece, const Arguments& arguments) const override {
    const T* x = static_cast<const T*>(arguments.inputs[0]);
    T* y = static_cast<T*>(arguments.outputs[0]);
    for_piece(piece, [&](const WindowRun& run, int64_t at_x, int64_t at_y) {
      loops_.sum(run, factor_of<T>(spec_, divisor_, run), x + at_x, y + at_y);
    });
  }

 private:
  PoolingDivisor divisor_;
  const PoolingLoops<T>& loops_ = loops_for<T>(*active_loops().pooling);
};

template <typename T>
class SumPoolSpread : public ToWindows {
 public:
  SumPoolSpread(const PoolingSpec& spec, PoolingDivisor divisor) : ToWindows(spec), divisor_(divisor) {}
  void run(int64_t, int64_t piece, const Arguments& arguments) const override {
    const T* g = static_cast<const T*>(arguments.inputs[0]);
    T* dx = static_cast<T*>(arguments.outputs[0]);
    for_piece(piece, dx, [&](const WindowRun& run, int64_t at_x, int64_t at_y) {
      loops_.spread[tiles_ ? 0 : 1](run, factor_of<T>(spec_, divisor_, run), g + at_y, dx + at_x);
    });
  }

 private:
  PoolingDivisor divisor_;
  const PoolingLoops<T>& loops_ = loops_for<T>(*active_loops().pooling);
};

}  // namespace

std::unique_ptr<Kernel> make_max_pool(const PoolingSpec& spec, tensor::DType dtype) {
  return make_real<MaxPool>(dtype, spec);
}
std::unique_ptr<Kernel> make_max_pool_gather(const PoolingSpec& spec, tensor::DType dtype) {
  return make_real<MaxPoolGather>(dtype, spec);
}
std::unique_ptr<Kernel> make_max_pool_scatter(const PoolingSpec& spec, tensor::DType dtype) {
  return make_real<MaxPoolScatter>(dtype, spec);
}
std::unique_ptr<Kernel> make_sum_pool(const PoolingSpec& spec, PoolingDivisor divisor, tensor::DType dtype) {
  return make_real<SumPool>(dtype, spec, divisor);
}
std::unique_ptr<Kernel> make_sum_pool_spread(const PoolingSpec& spec, PoolingDivisor divisor, tensor::DType dtype) {
  return make_real<SumPoolSpread>(dtype, spec, divisor);
}

}  // namespace atelier::kernels
