#include "tensor/shape.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"

namespace atelier::tensor {
namespace {

constexpr int64_t max_elements = int64_t{1} << 44U;  // of 8 bytes each: all that a program can address

void require_possible(std::span<const int64_t> dims) {
  if (dims.size() > Shape::max_rank) {
    throw Error(ErrorKind::shape, "a tensor has at most {} axes, got {}", Shape::max_rank, dims.size());
  }
  int64_t elements = 1;
  for (const int64_t length : dims) {
    if (length < 0) {
      throw Error(ErrorKind::shape, "an axis has a length of at least 0, got {}", length);
    }
    // Empty axes aside, as what is computed from the others must be a number too.
    if (__builtin_mul_overflow(elements, std::max<int64_t>(length, 1), &elements) || elements > max_elements) {
      throw Error(ErrorKind::shape, "({}) has more elements than any machine has memory for", fmt::join(dims, ", "));
    }
  }
}

}  // namespace

std::string_view name_of(DType dtype) {
  switch (dtype) {
    case DType::f32:
      return "float32";
    case DType::f64:
      return "float64";
    case DType::i64:
      return "int64";
    case DType::bf16:
      return "bfloat16";
  }
  return "unknown";
}

Shape::Shape(std::span<const int64_t> dims) {
  require_possible(dims);
  std::ranges::copy(dims, dims_.begin());
  rank_ = dims.size();
}

void Shape::append(int64_t length) {
  std::array<int64_t, max_rank + 1> longer{};
  std::ranges::copy(dims(), longer.begin());
  longer[rank_] = length;
  *this = Shape(std::span(longer.data(), rank_ + 1));
}

int64_t Shape::elements() const {
  int64_t product = 1;
  for (size_t axis = 0; axis < rank_; ++axis) {
    product *= dims_[axis];
  }
  return product;
}

std::string to_string(const Shape& shape) {
  return fmt::format("({})", fmt::join(shape.dims(), ", "));
}

}  // namespace atelier::tensor
