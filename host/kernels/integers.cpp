#include "kernels/integers.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "kernels/elementwise_compiler.hpp"
#include "kernels/pieces.hpp"

namespace atelier::kernels {
namespace {

constexpr size_t most_operands = 3;
constexpr int64_t smallest = std::numeric_limits<int64_t>::min();

// Elements of a run along the last axis: input k is at inputs[k] + i * strides[k].
using Run = void (*)(const void* const* inputs, const int64_t* strides, void* out, int64_t n);

int64_t wrapped(uint64_t x) {
  return static_cast<int64_t>(x);
}

int64_t floor_divide(int64_t a, int64_t b) {
  if (b == 0) {
    return smallest;
  }
  if (b == -1) {  // the smallest integer has no opposite
    return wrapped(0U - static_cast<uint64_t>(a));
  }
  const int64_t quotient = a / b;
  return quotient - static_cast<int64_t>((a % b != 0) & ((a < 0) != (b < 0)));
}
int64_t remainder(int64_t a, int64_t b) {
  if (b == 0) {
    return smallest;
  }
  if (b == -1) {
    return 0;
  }
  const int64_t rest = a % b;
  return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
}

template <auto function>
void unary(const void* const* inputs, const int64_t* strides, void* out, int64_t n) {
  const auto* x = static_cast<const int64_t*>(inputs[0]);
  auto* y = static_cast<int64_t*>(out);
  for (int64_t i = 0; i < n; ++i) {
    y[i] = function(x[i * strides[0]]);
  }
}

template <typename Out, auto function>
void binary(const void* const* inputs, const int64_t* strides, void* out, int64_t n) {
  const auto* a = static_cast<const int64_t*>(inputs[0]);
  const auto* b = static_cast<const int64_t*>(inputs[1]);
  auto* y = static_cast<Out*>(out);
  for (int64_t i = 0; i < n; ++i) {
    y[i] = static_cast<Out>(function(a[i * strides[0]], b[i * strides[1]]));
  }
}

template <typename Mask>
void select(const void* const* inputs, const int64_t* strides, void* out, int64_t n) {
  const auto* mask = static_cast<const Mask*>(inputs[0]);
  const auto* a = static_cast<const int64_t*>(inputs[1]);
  const auto* b = static_cast<const int64_t*>(inputs[2]);
  auto* y = static_cast<int64_t*>(out);
  for (int64_t i = 0; i < n; ++i) {
    y[i] = mask[i * strides[0]] != Mask(0) ? a[i * strides[1]] : b[i * strides[2]];
  }
}

// A function of one or two integers that gives an integer, or of two that gives whether something is so.
struct Function {
  std::string_view name;
  Run integer = nullptr;
  Run f32 = nullptr;
  Run f64 = nullptr;
};
template <auto function>
constexpr Function one(std::string_view name) {
  return {name, &unary<function>};
}
template <auto function>
constexpr Function two(std::string_view name) {
  return {name, &binary<int64_t, function>};
}
template <auto function>
constexpr Function comparison(std::string_view name) {
  return {name, nullptr, &binary<float, function>, &binary<double, function>};
}

using U = uint64_t;
constexpr Function functions[] = {
    one<[](int64_t x) { return x; }>("identity"),
    one<[](int64_t x) { return wrapped(0U - static_cast<U>(x)); }>("neg"),
    one<[](int64_t x) { return x < 0 ? wrapped(0U - static_cast<U>(x)) : x; }>("abs"),
    one<[](int64_t x) { return static_cast<int64_t>(x > 0) - static_cast<int64_t>(x < 0); }>("sign"),
    one<[](int64_t x) { return wrapped(static_cast<U>(x) * static_cast<U>(x)); }>("square"),
    two<[](int64_t a, int64_t b) { return wrapped(static_cast<U>(a) + static_cast<U>(b)); }>("add"),
    two<[](int64_t a, int64_t b) { return wrapped(static_cast<U>(a) - static_cast<U>(b)); }>("sub"),
    two<[](int64_t a, int64_t b) { return wrapped(static_cast<U>(a) * static_cast<U>(b)); }>("mul"),
    two<&floor_divide>("floor_divide"),
    two<&remainder>("remainder"),
    two<[](int64_t a, int64_t b) { return std::max(a, b); }>("maximum"),
    two<[](int64_t a, int64_t b) { return std::min(a, b); }>("minimum"),
    comparison<[](int64_t a, int64_t b) { return a < b; }>("less"),
    comparison<[](int64_t a, int64_t b) { return a <= b; }>("less_equal"),
    comparison<[](int64_t a, int64_t b) { return (a > b); }>("greater"),
    comparison<[](int64_t a, int64_t b) { return (a >= b); }>("greater_equal"),
    comparison<[](int64_t a, int64_t b) { return a == b; }>("equal"),
    comparison<[](int64_t a, int64_t b) { return a != b; }>("not_equal"),
};

Run select_by(tensor::DType mask) {
  switch (mask) {
    case tensor::DType::f32:
      return &select<float>;
    case tensor::DType::f64:
      return &select<double>;
    case tensor::DType::i64:
    case tensor::DType::bf16:
      break;
  }
  return &select<int64_t>;
}

Run run_of(std::string_view name, std::span<const Buffer> inputs, tensor::DType output) {
  if (name == "select") {
    return select_by(inputs[0].dtype);
  }
  const auto* found = std::ranges::find(functions, name, &Function::name);
  if (found == std::end(functions)) {
    throw Error(ErrorKind::internal, "function '{}' of integers does not exist", name);
  }
  Run run = found->integer;
  if (output != tensor::DType::i64) {
    run = output == tensor::DType::f32 ? found->f32 : found->f64;
  }
  ATELIER_CHECK(run != nullptr);
  return run;
}

ElementwiseInput broadcast_input(const tensor::Shape& from, const tensor::Shape& to) {
  ElementwiseInput input{std::vector<int64_t>(to.rank(), 0)};
  int64_t stride = 1;
  for (size_t back = 1; back <= from.rank(); ++back) {
    const int64_t length = from[from.rank() - back];
    input.strides[to.rank() - back] = length == 1 ? 0 : stride;
    stride *= length;
  }
  return input;
}

// Runs along the last of the axes that are left when neighbours are joined.
class Integers : public Kernel {
 public:
  Integers(Run function, std::span<const Buffer> inputs, const Buffer& output)
      : run_(function),
        output_size_(static_cast<int64_t>(tensor::size_of(output.dtype))),
        pieces_(output.shape.elements(), 1) {
    ATELIER_CHECK(inputs.size() <= most_operands);
    dims_.assign(output.shape.dims().begin(), output.shape.dims().end());
    for (const Buffer& input : inputs) {
      inputs_.push_back(broadcast_input(input.shape, output.shape));
      sizes_.push_back(static_cast<int64_t>(tensor::size_of(input.dtype)));
    }
    if (output.shape.elements() > 0) {
      elementwise_parts::collapse(dims_, inputs_);
    }
    if (dims_.empty()) {
      dims_.push_back(1);
      for (ElementwiseInput& input : inputs_) {
        input.strides.push_back(0);
      }
    }
  }

  [[nodiscard]] int64_t pieces(int64_t) const override { return pieces_.count(); }
  void run(int64_t, int64_t piece, const Arguments& arguments) const override {
    const int64_t width = dims_.back();
    std::array<int64_t, most_operands> strides{};
    for (size_t k = 0; k < inputs_.size(); ++k) {
      strides[k] = inputs_[k].strides.back();
    }
    for (int64_t first = pieces_.first(piece); first < pieces_.last(piece);) {
      const int64_t column = first % width;
      const int64_t n = std::min(width - column, pieces_.last(piece) - first);
      std::array<const void*, most_operands> sources{};
      for (size_t k = 0; k < inputs_.size(); ++k) {
        sources[k] = static_cast<const std::byte*>(arguments.inputs[k]) +
                     (row_offset(inputs_[k], first / width) + column * strides[k]) * sizes_[k];
      }
      run_(sources.data(), strides.data(), static_cast<std::byte*>(arguments.outputs[0]) + first * output_size_, n);
      first += n;
    }
  }

 private:
  [[nodiscard]] int64_t row_offset(const ElementwiseInput& input, int64_t row) const {
    int64_t offset = 0;
    for (size_t axis = dims_.size() - 1; axis-- > 0;) {
      offset += row % dims_[axis] * input.strides[axis];
      row /= dims_[axis];
    }
    return offset;
  }

  Run run_;
  int64_t output_size_;
  std::vector<int64_t> dims_;
  std::vector<ElementwiseInput> inputs_;
  std::vector<int64_t> sizes_;  // of the inputs' elements
  Pieces pieces_;               // of elements
};

class Arange : public Kernel {
 public:
  Arange(int64_t length, const OperandReference& start, const OperandReference& step)
      : start_(start), step_(step), pieces_(length, 1) {}

  [[nodiscard]] int64_t pieces(int64_t) const override { return pieces_.count(); }
  void run(int64_t, int64_t piece, const Arguments& arguments) const override {
    const auto start = static_cast<uint64_t>(start_.in(arguments.operands).integer);
    const auto step = static_cast<uint64_t>(step_.in(arguments.operands).integer);
    for (int64_t i = pieces_.first(piece); i < pieces_.last(piece); ++i) {
      static_cast<int64_t*>(arguments.outputs[0])[i] = wrapped(start + step * static_cast<uint64_t>(i));
    }
  }

 private:
  OperandReference start_;
  OperandReference step_;
  Pieces pieces_;
};

}  // namespace

std::unique_ptr<Kernel> make_integers(std::string_view function, std::span<const Buffer> inputs, const Buffer& output) {
  return std::make_unique<Integers>(run_of(function, inputs, output.dtype), inputs, output);
}

std::unique_ptr<Kernel> make_arange(int64_t length, const OperandReference& start, const OperandReference& step) {
  return std::make_unique<Arange>(length, start, step);
}

}  // namespace atelier::kernels
