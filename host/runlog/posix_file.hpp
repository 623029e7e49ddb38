// Inside this room only: a file by its descriptor. What fails is a hdf5::Failure in the system's words.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>

namespace atelier::runlog {

class PosixFile {
 public:
  PosixFile() = default;
  PosixFile(const std::filesystem::path& path, int flags);  // of open(2); close-on-exec; mode 0644
  static PosixFile of(int descriptor);                      // an open one, or -1: none
  PosixFile(PosixFile&& other) noexcept;
  PosixFile& operator=(PosixFile&& other) noexcept;
  ~PosixFile();

  // The file itself, not what a link leads to, without waiting for a pipe's other end; -1 and errno where it cannot be.
  static int open_itself(const std::filesystem::path& path, int flags);
  static bool is_regular(int descriptor);
  // Of a file with another name too, the contents may be somebody's.
  static bool is_own(int descriptor);

  [[nodiscard]] bool is_open() const { return descriptor_ >= 0; }
  [[nodiscard]] int descriptor() const { return descriptor_; }
  [[nodiscard]] uint64_t size() const;
  // Equal as long as nobody writes it.
  struct Stamp {
    uint64_t size = 0;
    int64_t seconds = 0, nanoseconds = 0;  // of its last change
    bool operator==(const Stamp&) const = default;
  };
  [[nodiscard]] Stamp stamp() const;
  [[nodiscard]] bool has_a_name() const;  // false once it has been removed

  // As many as there are from `offset` on.
  size_t read(uint64_t offset, std::span<std::byte> bytes) const;
  void write(uint64_t offset, std::span<const std::byte> bytes);
  void resize(uint64_t size);
  // Takes disk space for what lies in [from, to), and makes the file that long.
  void reserve(uint64_t from, uint64_t to);
  void sync();   // what was written is on the disk
  void close();  // its error too

 private:
  int descriptor_ = -1;
};

// The names in a folder are on the disk.
void sync_folder(const std::filesystem::path& folder);

}  // namespace atelier::runlog
