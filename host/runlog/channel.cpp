#include "runlog/channel.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace atelier::runlog {

void Channel::open(int socket) {
  close();
  socket_ = socket;
  outgoing_.clear();
  begin_ = end_ = 0;
}

void Channel::close() noexcept {
  if (socket_ >= 0) {
    ::close(std::exchange(socket_, -1));
  }
}

void Channel::put(const void* bytes, size_t size) {
  if (outgoing_.size() + size > block) {
    flush();
  }
  if (size > block) {
    send(bytes, size);
  } else {
    outgoing_.append(static_cast<const char*>(bytes), size);
  }
}

void Channel::flush() {
  send(outgoing_.data(), outgoing_.size());
  outgoing_.clear();
}

void Channel::take(void* bytes, size_t size) {
  auto* to = static_cast<char*>(bytes);
  while (size > 0) {
    if (begin_ == end_ && size >= block) {
      const size_t got = receive(to, size);
      to += got;
      size -= got;
      continue;
    }
    if (begin_ == end_) {
      begin_ = 0;
      end_ = receive(incoming_.data(), incoming_.size());
    }
    const size_t some = std::min(size, end_ - begin_);
    std::memcpy(to, incoming_.data() + begin_, some);
    begin_ += some;
    to += some;
    size -= some;
  }
}

void Channel::send(const void* bytes, size_t size) {
  const auto* from = static_cast<const char*>(bytes);
  if (of_bytes_) {
    bytes_.append(from, size);
    return;
  }
  while (size > 0) {
    const ssize_t sent = ::send(socket_, from, size, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) {
      continue;
    }
    if (sent <= 0) {
      throw Disconnected();
    }
    from += sent;
    size -= static_cast<size_t>(sent);
  }
}

const std::string& Channel::bytes() {
  flush();
  return bytes_;
}

size_t Channel::receive(void* bytes, size_t size) {
  if (of_bytes_) {
    const size_t some = std::min(size, bytes_.size() - taken_);
    if (some == 0) {
      throw Disconnected();
    }
    std::memcpy(bytes, bytes_.data() + taken_, some);
    taken_ += some;
    return some;
  }
  for (;;) {
    const ssize_t got = ::recv(socket_, bytes, size, 0);
    if (got > 0) {
      return static_cast<size_t>(got);
    }
    if (got == 0 || errno != EINTR) {
      throw Disconnected();
    }
  }
}

}  // namespace atelier::runlog
