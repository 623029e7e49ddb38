#include "cli/interrupt.hpp"

#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <string_view>

#include "cli/program.hpp"

namespace atelier::cli {
namespace {

std::atomic<int> interrupted{0};
static_assert(std::atomic<int>::is_always_lock_free, "a signal handler writes it");

// Only what POSIX allows in a signal handler.
void on_signal(int) {
  if (interrupted.exchange(1) != 0) {
    _exit(exit_interrupted);
  }
  const int kept = errno;
  constexpr std::string_view message = "\natelier: stopping after this step; Ctrl-C again to end at once\n";
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, message.data(), message.size());
  errno = kept;
}

}  // namespace

const std::atomic<int>& watch_interrupts() {
  struct sigaction action {};
  action.sa_handler = on_signal;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  return interrupted;
}

}  // namespace atelier::cli
