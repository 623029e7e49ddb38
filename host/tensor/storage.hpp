// Owned memory of tensors, aligned to 64 bytes so that vector code meets every buffer at the same offset.
#pragma once

#include <cstddef>
#include <memory>
#include <utility>

#include "tensor/shape.hpp"

namespace atelier::tensor {

constexpr size_t alignment = 64;

constexpr size_t aligned(size_t bytes) {
  return (bytes + alignment - 1) / alignment * alignment;
}

// A zero-filled block. Movable, not copyable; copy with copy_of.
class Storage {
 public:
  Storage() = default;
  explicit Storage(size_t bytes);

  [[nodiscard]] std::byte* data() const { return data_.get(); }
  [[nodiscard]] size_t size() const { return size_; }
  template <typename T>
  [[nodiscard]] T* as() const {
    return reinterpret_cast<T*>(data_.get());
  }

 private:
  struct Release {
    void operator()(std::byte* data) const noexcept;
  };
  std::unique_ptr<std::byte[], Release> data_;
  size_t size_ = 0;
};

Storage copy_of(const Storage& other);

// A tensor on the host side of the graph: what leaves and enters it. Row-major, canonical axis order.
struct Tensor {
  Shape shape;
  DType dtype = DType::f32;
  Storage storage;

  Tensor() = default;
  Tensor(Shape tensor_shape, DType tensor_dtype)
      : shape(tensor_shape),
        dtype(tensor_dtype),
        storage(static_cast<size_t>(tensor_shape.elements()) * size_of(tensor_dtype)) {}
  [[nodiscard]] size_t bytes() const { return storage.size(); }
};

}  // namespace atelier::tensor
