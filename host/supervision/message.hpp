// Messages of any bytes through a pipe: the size of each, then its bytes.
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace atelier::supervision {

class Pipe {
 public:
  Pipe();  // throws Error(internal)
  ~Pipe();
  Pipe(Pipe&& other) noexcept;
  Pipe& operator=(Pipe&&) = delete;
  [[nodiscard]] int reading() const { return ends_[0]; }
  [[nodiscard]] int writing() const { return ends_[1]; }
  void close_reading() { close_end(0); }
  void close_writing() { close_end(1); }

 private:
  void close_end(size_t which);
  std::array<int, 2> ends_{-1, -1};
};

// False where nobody listens any more.
bool write_all(int descriptor, std::string_view bytes);
bool send_message(int descriptor, std::string_view message);

// Takes the whole messages off the front of what has come.
class Inbox {
 public:
  using Told = std::function<void(const std::string& message)>;
  void add(std::string_view bytes, const Told& told);

 private:
  std::string waiting_;
};

}  // namespace atelier::supervision
