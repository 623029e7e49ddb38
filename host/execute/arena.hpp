// The memory that all plans share; grows to the largest.
#pragma once

#include "tensor/storage.hpp"

namespace atelier::execute {

class Arena {
 public:
  // What lies there is lost where it grows.
  std::byte* reserve(size_t bytes);
  [[nodiscard]] size_t size() const { return storage_.size(); }

 private:
  tensor::Storage storage_;
};

}  // namespace atelier::execute
