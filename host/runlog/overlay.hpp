// Inside this room only: bytes that are to be in a file and are not yet.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <vector>

namespace atelier::runlog {

// Pieces by where they begin, that don't overlap; those that touch are one while that is small.
class Overlay {
 public:
  using Pieces = std::map<uint64_t, std::vector<std::byte>>;

  void write(uint64_t offset, std::span<const std::byte> bytes);
  // Puts what is here over what was read of the file at the same place.
  void cover(uint64_t offset, std::span<std::byte> bytes) const;
  [[nodiscard]] uint64_t end() const;                    // of the last piece; 0 where there is none
  [[nodiscard]] size_t bytes() const { return bytes_; }  // in all pieces
  [[nodiscard]] const Pieces& pieces() const { return pieces_; }
  void clear();

 private:
  // Where nothing is yet; `after`: the piece that follows.
  void add(Pieces::iterator after, uint64_t offset, std::span<const std::byte> bytes);

  Pieces pieces_;
  size_t bytes_ = 0;
};

}  // namespace atelier::runlog
