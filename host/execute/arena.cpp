#include "execute/arena.hpp"

namespace atelier::execute {

std::byte* Arena::reserve(size_t bytes) {
  if (storage_.size() < bytes) {
    storage_ = tensor::Storage();
    storage_ = tensor::Storage(bytes);
  }
  return storage_.data();
}

}  // namespace atelier::execute
