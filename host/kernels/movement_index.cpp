// Rows and elements chosen by int64 indices.
#include <algorithm>

#include "base/error.hpp"
#include "kernels/making.hpp"
#include "kernels/movement.hpp"
#include "kernels/pieces.hpp"

namespace atelier::kernels {
namespace {

constexpr int64_t scatter_pieces = 8;              // each of them reads all indices
constexpr int64_t scatter_piece_elements = 32768;  // at least

// A kernel over `count` rows, cut into runs of them.
class RowKernel : public Kernel {
 public:
  RowKernel(int64_t count, int64_t width) : width_(width), pieces_(count, width) {}

  [[nodiscard]] int64_t pieces(int64_t) const override { return pieces_.count(); }
  void run(int64_t, int64_t piece, const Arguments& arguments) const override {
    run_rows(pieces_.first(piece), pieces_.last(piece), arguments);
  }

 protected:
  virtual void run_rows(int64_t first, int64_t last, const Arguments& arguments) const = 0;

  int64_t width_;

 private:
  Pieces pieces_;
};

template <typename T>
class Gather : public RowKernel {
 public:
  Gather(int64_t rows, int64_t width, int64_t count) : RowKernel(count, width), rows_(rows) {}

 protected:
  void run_rows(int64_t first, int64_t last, const Arguments& arguments) const override {
    const T* table = static_cast<const T*>(arguments.inputs[0]);
    const auto* indices = static_cast<const int64_t*>(arguments.inputs[1]);
    for (int64_t i = first; i < last; ++i) {
      T* out = static_cast<T*>(arguments.outputs[0]) + i * width_;
      const int64_t index = indices[i];
      if (index >= 0 && index < rows_) {
        std::copy_n(table + index * width_, width_, out);
      } else {
        std::fill_n(out, width_, missing<T>);
      }
    }
  }

 private:
  int64_t rows_;
};

// Cut by rows of the output, so that each row adds up on one thread, in the order of the updates.
template <typename T>
class ScatterAdd : public Kernel {
 public:
  ScatterAdd(int64_t rows, int64_t width, int64_t count) : rows_(rows), width_(width), count_(count) {
    const int64_t elements = std::max(rows, count) * width;
    const int64_t wanted = std::clamp<int64_t>(elements / scatter_piece_elements, 1, scatter_pieces);
    rows_per_piece_ = std::max<int64_t>(1, ceil_divide(rows, wanted));
  }

  [[nodiscard]] int64_t pieces(int64_t) const override {
    return std::max<int64_t>(1, ceil_divide(rows_, rows_per_piece_));
  }

  void run(int64_t, int64_t piece, const Arguments& arguments) const override {
    const auto* indices = static_cast<const int64_t*>(arguments.inputs[0]);
    const T* updates = static_cast<const T*>(arguments.inputs[1]);
    T* out = static_cast<T*>(arguments.outputs[0]);
    const int64_t first = std::min(rows_, piece * rows_per_piece_);
    const int64_t last = std::min(rows_, first + rows_per_piece_);
    std::fill_n(out + first * width_, (last - first) * width_, T(0));
    for (int64_t i = 0; i < count_; ++i) {
      if (indices[i] >= first && indices[i] < last) {
        T* row = out + indices[i] * width_;
        for (int64_t j = 0; j < width_; ++j) {
          row[j] = sum(row[j], updates[i * width_ + j]);
        }
      }
    }
  }

 private:
  int64_t rows_;
  int64_t width_;
  int64_t count_;
  int64_t rows_per_piece_;
};

template <typename T>
class OneHot : public RowKernel {
 public:
  using RowKernel::RowKernel;

 protected:
  void run_rows(int64_t first, int64_t last, const Arguments& arguments) const override {
    const auto* indices = static_cast<const int64_t*>(arguments.inputs[0]);
    for (int64_t i = first; i < last; ++i) {
      T* out = static_cast<T*>(arguments.outputs[0]) + i * width_;
      const bool is_inside = indices[i] >= 0 && indices[i] < width_;
      std::fill_n(out, width_, is_inside ? T(0) : missing<T>);
      if (is_inside) {
        out[indices[i]] = T(1);
      }
    }
  }
};

template <typename T>
class TakeAlong : public RowKernel {
 public:
  using RowKernel::RowKernel;

 protected:
  void run_rows(int64_t first, int64_t last, const Arguments& arguments) const override {
    const T* x = static_cast<const T*>(arguments.inputs[0]);
    const auto* indices = static_cast<const int64_t*>(arguments.inputs[1]);
    for (int64_t i = first; i < last; ++i) {
      const bool is_inside = indices[i] >= 0 && indices[i] < width_;
      static_cast<T*>(arguments.outputs[0])[i] = is_inside ? x[i * width_ + indices[i]] : missing<T>;
    }
  }
};

template <typename T>
class PutAlong : public RowKernel {
 public:
  using RowKernel::RowKernel;

 protected:
  void run_rows(int64_t first, int64_t last, const Arguments& arguments) const override {
    const T* values = static_cast<const T*>(arguments.inputs[0]);
    const auto* indices = static_cast<const int64_t*>(arguments.inputs[1]);
    for (int64_t i = first; i < last; ++i) {
      T* out = static_cast<T*>(arguments.outputs[0]) + i * width_;
      std::fill_n(out, width_, T(0));
      if (indices[i] >= 0 && indices[i] < width_) {
        out[indices[i]] = values[i];
      }
    }
  }
};

}  // namespace

std::unique_ptr<Kernel> make_gather(tensor::DType dtype, int64_t rows, int64_t width, int64_t count) {
  return make_number<Gather>(dtype, rows, width, count);
}

std::unique_ptr<Kernel> make_scatter_add(tensor::DType dtype, int64_t rows, int64_t width, int64_t count) {
  return make_number<ScatterAdd>(dtype, rows, width, count);
}

std::unique_ptr<Kernel> make_one_hot(tensor::DType dtype, int64_t count, int64_t classes) {
  return make_number<OneHot>(dtype, count, classes);
}

std::unique_ptr<Kernel> make_take_along(tensor::DType dtype, int64_t count, int64_t width) {
  return make_number<TakeAlong>(dtype, count, width);
}

std::unique_ptr<Kernel> make_put_along(tensor::DType dtype, int64_t count, int64_t width) {
  return make_number<PutAlong>(dtype, count, width);
}

}  // namespace atelier::kernels
