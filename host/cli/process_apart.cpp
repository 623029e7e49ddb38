#include "cli/process_apart.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>

#include "base/error.hpp"
#include "cli/crash.hpp"

namespace atelier::cli {
namespace {

using Clock = std::chrono::steady_clock;
constexpr rlim_t most_memory = rlim_t{4} << 30U;
constexpr auto patience = std::chrono::seconds(25);  // with last words that never come

class Pipe {
 public:
  Pipe() {
    if (pipe(ends_.data()) != 0) {
      throw Error(ErrorKind::internal, "no pipe can be made: {}", std::strerror(errno));
    }
  }
  ~Pipe() {
    close_end(0);
    close_end(1);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  [[nodiscard]] int reading() const { return ends_[0]; }
  [[nodiscard]] int writing() const { return ends_[1]; }
  void close_end(size_t which) {
    if (ends_[which] >= 0) {
      close(std::exchange(ends_[which], -1));
    }
  }

 private:
  std::array<int, 2> ends_{-1, -1};
};

void write_all(int descriptor, const char* bytes, size_t size) {
  while (size > 0) {
    const ssize_t written = write(descriptor, bytes, size);
    if (written < 0 && errno != EINTR) {
      _exit(1);  // nobody listens any more
    }
    bytes += std::max<ssize_t>(written, 0);
    size -= static_cast<size_t>(std::max<ssize_t>(written, 0));
  }
}

// A message is its size and its bytes; the last one of work that came to its end is empty.
void send(int descriptor, const std::string& message) {
  const auto size = static_cast<uint32_t>(message.size());
  char head[sizeof size];
  std::memcpy(head, &size, sizeof size);
  write_all(descriptor, head, sizeof head);
  write_all(descriptor, message.data(), message.size());
}

[[noreturn]] void work_to_the_end(const std::function<void(const Tell& tell)>& work, int messages, int last_words,
                                  unsigned seconds) {
  std::signal(SIGPIPE, SIG_IGN);
  dup2(STDERR_FILENO, STDOUT_FILENO);  // what a plugin prints is no output of ours
  const rlimit no_core{0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // whose own memory is beyond any limit
  const rlimit memory{most_memory, most_memory};
  setrlimit(RLIMIT_DATA, &memory);
#endif
  watch_child(last_words, seconds);
  std::string failure;
  try {
    work([&](const std::string& message) { send(messages, message); });
    send(messages, "");
    _exit(0);
  } catch (const std::exception& error) {
    failure = error.what();
  } catch (...) {
    failure = "an exception that is not a std::exception";
  }
  write_all(last_words, failure.data(), failure.size());
  _exit(1);
}

// Takes the whole messages off the front of what has come.
class Inbox {
 public:
  explicit Inbox(const Tell& told) : told_(told) {}
  void add(const char* bytes, size_t size) {
    waiting_.append(bytes, size);
    for (uint32_t length = 0; waiting_.size() >= sizeof length;) {
      std::memcpy(&length, waiting_.data(), sizeof length);
      if (waiting_.size() < sizeof length + length) {
        return;
      }
      const std::string message = waiting_.substr(sizeof length, length);
      waiting_.erase(0, sizeof length + length);
      if (message.empty()) {
        finished_ = true;
      } else {
        told_(message);
      }
    }
  }
  [[nodiscard]] bool finished() const { return finished_; }

 private:
  const Tell& told_;
  std::string waiting_;
  bool finished_ = false;
};

// Reads both until they end; false where that takes too long. What stands in `words` then are the last ones.
bool listen(int messages, int last_words, Clock::time_point until, Inbox& inbox, std::string& words) {
  std::array<pollfd, 2> ends{{{messages, POLLIN, 0}, {last_words, POLLIN, 0}}};
  while (ends[0].fd >= 0 || ends[1].fd >= 0) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now()).count();
    if (left <= 0 || (poll(ends.data(), ends.size(), static_cast<int>(left)) < 0 && errno != EINTR)) {
      return false;
    }
    for (size_t which = 0; which < ends.size(); ++which) {
      if (ends[which].fd < 0 || (ends[which].revents & (POLLIN | POLLHUP | POLLERR)) == 0) {
        continue;
      }
      char bytes[4096];
      const ssize_t count = read(ends[which].fd, bytes, sizeof bytes);
      if (count <= 0 && !(count < 0 && errno == EINTR)) {
        ends[which].fd = -1;
      } else if (count > 0 && which == 0) {
        inbox.add(bytes, static_cast<size_t>(count));
        if (inbox.finished()) {
          return true;  // a process that the plugin has forked may keep the pipes
        }
      } else if (count > 0) {
        words.append(bytes, static_cast<size_t>(count));
      }
    }
  }
  return true;
}

std::string words_for(int status) {
  if (WIFSIGNALED(status)) {
    const char* const name = sigabbrev_np(WTERMSIG(status));
    return fmt::format("the process ended with SIG{}{}", name == nullptr ? "?" : name,
                       WTERMSIG(status) == SIGKILL ? ", as where the system has no memory left" : "");
  }
  return fmt::format("the process ended with the code {}, in the middle of it", WEXITSTATUS(status));
}

}  // namespace

std::string run_apart(const std::function<void(const Tell& tell)>& work, const Tell& told, unsigned seconds) {
  Pipe messages, last_words;
  const pid_t child = fork();
  if (child < 0) {
    throw Error(ErrorKind::internal, "no process can be made: {}", std::strerror(errno));
  }
  if (child == 0) {
    messages.close_end(0);
    last_words.close_end(0);
    work_to_the_end(work, messages.writing(), last_words.writing(), seconds);
  }
  messages.close_end(1);
  last_words.close_end(1);
  Inbox inbox(told);
  std::string words;
  if (!listen(messages.reading(), last_words.reading(), Clock::now() + std::chrono::seconds(seconds) + patience, inbox,
              words)) {
    kill(child, SIGKILL);
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return inbox.finished() ? "" : words.empty() ? words_for(status) : words;
}

}  // namespace atelier::cli
