#include "pixels.hpp"

#include <sys/mman.h>

#include <new>

namespace image_folder {

Pixels::Pixels(int file, size_t offset, size_t bytes, bool written) : bytes_(bytes) {
  void* const at =
      mmap(nullptr, bytes, written ? PROT_READ | PROT_WRITE : PROT_READ, MAP_SHARED, file, static_cast<off_t>(offset));
  if (at == MAP_FAILED) {
    throw std::bad_alloc();
  }
  data_ = static_cast<uint8_t*>(at);
}

Pixels::~Pixels() {
  if (data_ != nullptr && own_ == nullptr) {
    munmap(data_, bytes_);
  }
}

}  // namespace image_folder
