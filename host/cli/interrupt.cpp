#include "cli/interrupt.hpp"

#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <string_view>

#include "cli/program.hpp"
#include "cli/terminal.hpp"

namespace atelier::cli {
namespace {

// On a terminal the message begins a line of its own, below the progress bar.
constexpr std::string_view below_bar = "\natelier: stopping after this step; Ctrl-C again to end at once\n";
constexpr std::string_view plain = below_bar.substr(1);

std::atomic<int> interrupted{0};
std::atomic<bool> on_terminal{false};
static_assert(std::atomic<int>::is_always_lock_free, "a signal handler writes it");

// Only what POSIX allows in a signal handler.
void on_signal(int) {
  if (interrupted.exchange(1) != 0) {
    _exit(exit_interrupted);
  }
  const int kept = errno;
  const std::string_view message = on_terminal ? below_bar : plain;
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, message.data(), message.size());
  errno = kept;
}

}  // namespace

const std::atomic<int>& watch_interrupts() {
  on_terminal = messages_on_terminal();
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
