#include "tensor/shape.hpp"

#include <fmt/format.h>

#include "base/error.hpp"

namespace atelier::tensor {

std::string_view name_of(DType dtype) {
  switch (dtype) {
    case DType::f32:
      return "float32";
    case DType::f64:
      return "float64";
    case DType::i64:
      return "int64";
  }
  return "unknown";
}

Shape::Shape(std::span<const int64_t> dims) {
  if (dims.size() > max_rank) {
    throw Error(ErrorKind::shape, "a tensor has at most {} axes, got {}", max_rank, dims.size());
  }
  for (const int64_t length : dims) {
    append(length);
  }
}

void Shape::append(int64_t length) {
  if (rank_ == max_rank) {
    throw Error(ErrorKind::shape, "a tensor has at most {} axes", max_rank);
  }
  if (length < 0) {
    throw Error(ErrorKind::shape, "an axis has a length of at least 0, got {}", length);
  }
  dims_[rank_++] = length;
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
