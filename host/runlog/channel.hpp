// Inside this room only: values as bytes between two processes that are forks of one program.
#pragma once

#include <array>
#include <cstddef>
#include <exception>
#include <string>
#include <utility>

namespace atelier::runlog {

// The other end is gone.
struct Disconnected : std::exception {
  [[nodiscard]] const char* what() const noexcept override { return "the other process has ended"; }
};

// One end of a socket, which it closes. Throws Disconnected. Or one of no socket: of bytes, which can be taken, and
// which what is put comes after.
class Channel {
 public:
  Channel() = default;
  explicit Channel(int socket) : socket_(socket) {}
  explicit Channel(std::string bytes) : of_bytes_(true), bytes_(std::move(bytes)) {}
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;
  ~Channel() { close(); }

  void open(int socket);
  void close() noexcept;

  void put(const void* bytes, size_t size);
  void flush();
  void take(void* bytes, size_t size);
  // Of one of no socket: all that it was made of, and what was put.
  const std::string& bytes();

 private:
  void send(const void* bytes, size_t size);
  size_t receive(void* bytes, size_t size);

  static constexpr size_t block = 65536;
  int socket_ = -1;
  std::string outgoing_;
  std::array<char, block> incoming_{};
  size_t begin_ = 0, end_ = 0;  // of what has come and was not taken
  bool of_bytes_ = false;
  std::string bytes_;
  size_t taken_ = 0;  // of bytes_
};

}  // namespace atelier::runlog
