// The bytes of many pictures: memory of the process, or a part of a file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

namespace image_folder {

class Pixels {
 public:
  Pixels() = default;
  explicit Pixels(size_t bytes) : own_(std::make_unique<uint8_t[]>(bytes)), data_(own_.get()), bytes_(bytes) {}
  // Of a file that is open for reading, and for writing where they are `written` through it. Throws std::bad_alloc.
  Pixels(int file, size_t offset, size_t bytes, bool written);
  Pixels(Pixels&& other) noexcept { swap(other); }
  Pixels& operator=(Pixels&& other) noexcept {
    swap(other);
    return *this;
  }
  ~Pixels();

  [[nodiscard]] uint8_t* data() const { return data_; }

 private:
  void swap(Pixels& other) noexcept {
    std::swap(own_, other.own_);
    std::swap(data_, other.data_);
    std::swap(bytes_, other.bytes_);
  }
  std::unique_ptr<uint8_t[]> own_;  // null where they are a file's
  uint8_t* data_ = nullptr;
  size_t bytes_ = 0;
};

}  // namespace image_folder
