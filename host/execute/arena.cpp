#include "execute/arena.hpp"

#include "base/error.hpp"
#include "tensor/memory.hpp"

namespace atelier::execute {

std::byte* Arena::reserve(size_t bytes) {
  if (storage_.size() < bytes) {
    storage_ = tensor::Storage();
    if (const std::string lack = tensor::lack_of_memory(bytes); !lack.empty()) {
      throw Error(ErrorKind::shape, "what is recorded here {}; hint: a smaller batch, or smaller layers", lack);
    }
    storage_ = tensor::Storage(bytes);
  }
  return storage_.data();
}

}  // namespace atelier::execute
