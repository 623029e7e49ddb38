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
#include "supervision/end.hpp"
#include "supervision/message.hpp"

namespace atelier::cli {
namespace {

using Clock = std::chrono::steady_clock;
constexpr rlim_t most_memory = rlim_t{4} << 30U;
constexpr auto patience = std::chrono::seconds(25);  // with last words that never come

void send_to(int descriptor, const std::string& message) {
  if (!supervision::send_message(descriptor, message)) {
    _exit(1);  // nobody listens any more
  }
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
    work([&](const std::string& message) { send_to(messages, message); });
    send_to(messages, "");
    _exit(0);
  } catch (const std::exception& error) {
    failure = error.what();
  } catch (...) {
    failure = "an exception that is not a std::exception";
  }
  supervision::write_all(last_words, failure);
  _exit(1);
}

// The last message of work that came to its end is empty.
class Hearing {
 public:
  explicit Hearing(const Tell& told) : told_(told) {}
  void add(const char* bytes, size_t size) {
    inbox_.add({bytes, size}, [this](const std::string& message) {
      if (message.empty()) {
        finished_ = true;
      } else {
        told_(message);
      }
    });
  }
  [[nodiscard]] bool finished() const { return finished_; }

 private:
  const Tell& told_;
  supervision::Inbox inbox_;
  bool finished_ = false;
};

// Reads both until they end; false where that takes too long. What stands in `words` then are the last ones.
bool listen(int messages, int last_words, Clock::time_point until, Hearing& inbox, std::string& words) {
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
    return fmt::format("the process ended with {}{}", supervision::name_of_signal(WTERMSIG(status)),
                       WTERMSIG(status) == SIGKILL ? ", as where the system has no memory left" : "");
  }
  return fmt::format("the process ended with the code {}, in the middle of it", WEXITSTATUS(status));
}

}  // namespace

std::string run_apart(const std::function<void(const Tell& tell)>& work, const Tell& told, unsigned seconds) {
  supervision::Pipe messages, last_words;
  const pid_t child = fork();
  if (child < 0) {
    throw Error(ErrorKind::internal, "no process can be made: {}", std::strerror(errno));
  }
  if (child == 0) {
    messages.close_reading();
    last_words.close_reading();
    work_to_the_end(work, messages.writing(), last_words.writing(), seconds);
  }
  messages.close_writing();
  last_words.close_writing();
  Hearing inbox(told);
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
