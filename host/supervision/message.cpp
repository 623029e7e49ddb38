#include "supervision/message.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <utility>

#include "base/error.hpp"

namespace atelier::supervision {

Pipe::Pipe() {
  if (pipe2(ends_.data(), O_CLOEXEC) != 0) {
    throw Error(ErrorKind::internal, "no pipe can be made: {}", std::strerror(errno));
  }
}

Pipe::~Pipe() {
  close_end(0);
  close_end(1);
}

Pipe::Pipe(Pipe&& other) noexcept : ends_(std::exchange(other.ends_, {-1, -1})) {}

void Pipe::close_end(size_t which) {
  if (ends_[which] >= 0) {
    close(std::exchange(ends_[which], -1));
  }
}

bool write_all(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno != EINTR) {
      return false;
    }
    bytes.remove_prefix(written < 0 ? 0 : static_cast<size_t>(written));
  }
  return true;
}

bool send_message(int descriptor, std::string_view message) {
  const auto size = static_cast<uint32_t>(message.size());
  std::string bytes(sizeof size, '\0');
  std::memcpy(bytes.data(), &size, sizeof size);
  return write_all(descriptor, bytes.append(message));
}

void Inbox::add(std::string_view bytes, const Told& told) {
  waiting_.append(bytes);
  size_t at = 0;
  for (uint32_t length = 0; waiting_.size() - at >= sizeof length; at += sizeof length + length) {
    std::memcpy(&length, waiting_.data() + at, sizeof length);
    if (waiting_.size() - at < sizeof length + length) {
      break;
    }
    told(waiting_.substr(at + sizeof length, length));
  }
  waiting_.erase(0, at);
}

}  // namespace atelier::supervision
