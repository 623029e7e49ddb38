#include "tensor/storage.hpp"

#include <cstring>
#include <new>

#include "base/error.hpp"
#include "tensor/memory.hpp"

namespace atelier::tensor {

Storage::Storage(size_t bytes) : size_(bytes) {
  if (const std::string lack = lack_of_memory(bytes); !lack.empty()) {
    throw Error(ErrorKind::memory, "{}", lack);
  }
  const size_t reserved = aligned(bytes == 0 ? 1 : bytes);
  data_.reset(static_cast<std::byte*>(::operator new[](reserved, std::align_val_t{alignment}, std::nothrow)));
  if (data_ == nullptr) {
    throw Error(ErrorKind::memory, "{}", refused_memory(bytes));
  }
  std::memset(data_.get(), 0, reserved);
}

void Storage::Release::operator()(std::byte* data) const noexcept {
  ::operator delete[](data, std::align_val_t{alignment});
}

Storage copy_of(const Storage& other) {
  Storage out(other.size());
  std::memcpy(out.data(), other.data(), other.size());
  return out;
}

}  // namespace atelier::tensor
