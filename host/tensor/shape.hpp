// Element types and shapes. Axis 0 of a batch is the place in the batch; images are (B, C, H, W).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

namespace atelier::tensor {

// bf16 is the engine's own: what products read where [train] precision asks for it. No parameter, no logged value and
// nothing that a plugin sees is of that type.
enum class DType : uint8_t { f32, f64, i64, bf16 };

constexpr size_t size_of(DType dtype) {
  return dtype == DType::f32 ? 4 : dtype == DType::bf16 ? 2 : 8;
}
std::string_view name_of(DType dtype);  // "float32", "float64", "int64", "bfloat16"

// Up to eight axes, stored in place: shapes are copied and compared on hot paths, and never allocate.
class Shape {
 public:
  static constexpr size_t max_rank = 8;

  Shape() = default;
  Shape(std::initializer_list<int64_t> dims) : Shape(std::span(dims.begin(), dims.size())) {}
  explicit Shape(std::span<const int64_t> dims);  // throws Error(shape) above max_rank or for a negative length

  [[nodiscard]] size_t rank() const { return rank_; }
  [[nodiscard]] int64_t operator[](size_t axis) const { return dims_[axis]; }
  [[nodiscard]] int64_t& operator[](size_t axis) { return dims_[axis]; }
  [[nodiscard]] std::span<const int64_t> dims() const { return {dims_.data(), rank_}; }
  [[nodiscard]] int64_t elements() const;
  void append(int64_t length);

  friend bool operator==(const Shape& a, const Shape& b) = default;

 private:
  std::array<int64_t, max_rank> dims_{};
  size_t rank_ = 0;
};

std::string to_string(const Shape& shape);  // "(64, 1, 28, 28)", "()" for a scalar

}  // namespace atelier::tensor
