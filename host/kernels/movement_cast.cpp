// Element by element without arithmetic: copy, fill, cast.
#include <algorithm>
#include <cstring>
#include <limits>

#include "base/error.hpp"
#include "kernels/movement.hpp"
#include "kernels/pieces.hpp"

namespace atelier::kernels {
namespace {

class Piecewise : public Kernel {
 public:
  explicit Piecewise(int64_t elements) : elements_(elements, 1) {}

  [[nodiscard]] int64_t pieces(int64_t) const override { return elements_.count(); }
  void run(int64_t, int64_t piece, const Arguments& arguments) const override {
    const int64_t first = elements_.first(piece);
    const int64_t n = elements_.last(piece) - first;
    if (n > 0) {
      run_range(first, n, arguments);
    }
  }

 protected:
  virtual void run_range(int64_t first, int64_t n, const Arguments& arguments) const = 0;

 private:
  Pieces elements_;
};

class Copy : public Piecewise {
 public:
  Copy(tensor::DType dtype, int64_t elements)
      : Piecewise(elements), size_(static_cast<int64_t>(tensor::size_of(dtype))) {}
  [[nodiscard]] bool may_overwrite(size_t) const override { return true; }

 protected:
  void run_range(int64_t first, int64_t n, const Arguments& arguments) const override {
    if (arguments.inputs[0] != arguments.outputs[0]) {
      std::memcpy(static_cast<std::byte*>(arguments.outputs[0]) + first * size_,
                  static_cast<const std::byte*>(arguments.inputs[0]) + first * size_, static_cast<size_t>(n * size_));
    }
  }

 private:
  int64_t size_;
};

template <typename T>
class Fill : public Piecewise {
 public:
  Fill(int64_t elements, const OperandReference& value) : Piecewise(elements), value_(value) {}

 protected:
  void run_range(int64_t first, int64_t n, const Arguments& arguments) const override {
    const Operand& operand = value_.in(arguments.operands);
    T value;
    if constexpr (std::numeric_limits<T>::is_integer) {
      value = operand.integer;
    } else {
      value = static_cast<T>(operand.real);
    }
    std::fill_n(static_cast<T*>(arguments.outputs[0]) + first, n, value);
  }

 private:
  OperandReference value_;
};

template <typename To, typename From>
To converted(From x) {
  if constexpr (std::numeric_limits<To>::is_integer && !std::numeric_limits<From>::is_integer) {
    if (x != x) {
      return 0;
    }
    if (x >= From(0x1p63)) {
      return std::numeric_limits<To>::max();
    }
    return x <= From(-0x1p63) ? std::numeric_limits<To>::min() : static_cast<To>(x);
  } else {
    return static_cast<To>(x);
  }
}

template <typename From, typename To>
class Cast : public Piecewise {
 public:
  using Piecewise::Piecewise;

 protected:
  void run_range(int64_t first, int64_t n, const Arguments& arguments) const override {
    const From* in = static_cast<const From*>(arguments.inputs[0]) + first;
    To* out = static_cast<To*>(arguments.outputs[0]) + first;
    for (int64_t i = 0; i < n; ++i) {
      out[i] = converted<To>(in[i]);
    }
  }
};

template <typename From>
std::unique_ptr<Kernel> make_cast_from(tensor::DType to, int64_t elements) {
  switch (to) {
    case tensor::DType::f32:
      return std::make_unique<Cast<From, float>>(elements);
    case tensor::DType::f64:
      return std::make_unique<Cast<From, double>>(elements);
    case tensor::DType::i64:
    case tensor::DType::bf16:  // kernels/bfloat16.hpp
      break;
  }
  return std::make_unique<Cast<From, int64_t>>(elements);
}

}  // namespace

std::unique_ptr<Kernel> make_copy(tensor::DType dtype, int64_t elements) {
  return std::make_unique<Copy>(dtype, elements);
}

std::unique_ptr<Kernel> make_fill(tensor::DType dtype, int64_t elements, const OperandReference& value) {
  switch (dtype) {
    case tensor::DType::f32:
      return std::make_unique<Fill<float>>(elements, value);
    case tensor::DType::f64:
      return std::make_unique<Fill<double>>(elements, value);
    case tensor::DType::i64:
    case tensor::DType::bf16:  // kernels/bfloat16.hpp
      break;
  }
  return std::make_unique<Fill<int64_t>>(elements, value);
}

std::unique_ptr<Kernel> make_cast(tensor::DType from, tensor::DType to, int64_t elements) {
  if (from == to) {
    return make_copy(from, elements);
  }
  switch (from) {
    case tensor::DType::f32:
      return make_cast_from<float>(to, elements);
    case tensor::DType::f64:
      return make_cast_from<double>(to, elements);
    case tensor::DType::i64:
    case tensor::DType::bf16:  // kernels/bfloat16.hpp
      break;
  }
  return make_cast_from<int64_t>(to, elements);
}

}  // namespace atelier::kernels
