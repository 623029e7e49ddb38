#include "kernels/scan.hpp"

#include <algorithm>
#include <type_traits>

#include "kernels/making.hpp"
#include "kernels/pieces.hpp"

namespace atelier::kernels {
namespace {

constexpr int64_t columns_at_once = 64;  // columns that are accumulated together

template <typename T>
using Accumulator = std::conditional_t<std::is_floating_point_v<T>, double, uint64_t>;

// Runs along the axis, `columns_at_once` neighbours at a time; the axis is never cut.
template <typename T>
class Scanning : public Kernel {
 public:
  explicit Scanning(const ScanShape& shape)
      : shape_(shape),
        blocks_(ceil_divide(shape.inner, columns_at_once)),
        units_(shape.length == 0 ? 0 : shape.outer * blocks_, shape.length * std::min(shape.inner, columns_at_once)) {}

  [[nodiscard]] int64_t pieces(int64_t) const override { return units_.count(); }

  void run(int64_t, int64_t piece, const Arguments& arguments) const override {
    for (int64_t unit = units_.first(piece); unit < units_.last(piece); ++unit) {
      const int64_t column = unit % blocks_ * columns_at_once;
      const int64_t width = std::min(shape_.inner - column, columns_at_once);
      const int64_t first = unit / blocks_ * shape_.length * shape_.inner + column;
      Accumulator<T> carried[columns_at_once];
      begin(carried);
      for (int64_t i = 0; i < shape_.length; ++i) {
        const int64_t at = shape_.reverse ? shape_.length - 1 - i : i;
        advance(arguments, first + at * shape_.inner, width, carried);
      }
    }
  }

 protected:
  virtual void begin(Accumulator<T>* carried) const = 0;
  // The elements from `offset` on of one step along the axis.
  virtual void advance(const Arguments& arguments, int64_t offset, int64_t width, Accumulator<T>* carried) const = 0;

 private:
  ScanShape shape_;
  int64_t blocks_;
  Pieces units_;
};

template <typename T>
class Cumulative : public Scanning<T> {
 public:
  Cumulative(Scan scan, const ScanShape& shape, bool exclusive)
      : Scanning<T>(shape), scan_(scan), exclusive_(exclusive) {}

 protected:
  void begin(Accumulator<T>* carried) const override {
    std::fill_n(carried, columns_at_once, Accumulator<T>(scan_ == Scan::sum ? 0 : 1));
  }
  void advance(const Arguments& arguments, int64_t offset, int64_t width, Accumulator<T>* carried) const override {
    const T* x = static_cast<const T*>(arguments.inputs[0]) + offset;
    T* y = static_cast<T*>(arguments.outputs[0]) + offset;
    for (int64_t j = 0; j < width; ++j) {
      const Accumulator<T> before = carried[j];
      const auto element = static_cast<Accumulator<T>>(x[j]);
      carried[j] = scan_ == Scan::sum ? before + element : before * element;
      y[j] = static_cast<T>(exclusive_ ? before : carried[j]);
    }
  }

 private:
  Scan scan_;
  bool exclusive_;
};

template <typename T>
class Recurrence : public Scanning<T> {
 public:
  using Scanning<T>::Scanning;

 protected:
  void begin(Accumulator<T>* carried) const override { std::fill_n(carried, columns_at_once, 0.0); }
  void advance(const Arguments& arguments, int64_t offset, int64_t width, Accumulator<T>* carried) const override {
    const T* a = static_cast<const T*>(arguments.inputs[0]) + offset;
    const T* b = static_cast<const T*>(arguments.inputs[1]) + offset;
    T* s = static_cast<T*>(arguments.outputs[0]) + offset;
    for (int64_t j = 0; j < width; ++j) {
      carried[j] = static_cast<double>(b[j]) + static_cast<double>(a[j]) * carried[j];
      s[j] = static_cast<T>(carried[j]);
    }
  }
};

}  // namespace

std::unique_ptr<Kernel> make_scan(Scan scan, tensor::DType dtype, const ScanShape& shape, bool exclusive) {
  return make_number<Cumulative>(dtype, scan, shape, exclusive);
}

std::unique_ptr<Kernel> make_recurrence(tensor::DType dtype, const ScanShape& shape) {
  return make_real<Recurrence>(dtype, shape);
}

}  // namespace atelier::kernels
