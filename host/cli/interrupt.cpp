#include "cli/interrupt.hpp"

#include <unistd.h>

#include <csignal>
#include <string_view>
#include <thread>

#include "cli/program.hpp"
#include "cli/silence.hpp"
#include "cli/terminal.hpp"

namespace atelier::cli {
namespace {

// On a terminal the message begins a line of its own, below the progress bar.
constexpr std::string_view below_bar = "\natelier: stopping after this step; Ctrl-C again to end at once\n";
constexpr std::string_view plain = below_bar.substr(1);
constexpr std::string_view before_training = "atelier: interrupted before the first step; nothing was written\n";

StopRequest request;
std::atomic<bool> on_terminal{false};

void say(std::string_view message) {
  if (is_silent()) {
    return;
  }
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, message.data(), message.size());
}

// In a thread of its own, as no signal may be delivered to one that computes: the matrix product kernels that oneDNN
// makes use the stack pointer for data, and a handler's frame would be written over it.
void wait_for(const sigset_t& signals) {
  for (int signal = 0, first = 0;;) {
    sigwait(&signals, &signal);
    if (!request.has_work) {
      say(before_training);
      _exit(exit_interrupted);
    }
    const bool again = request.asked.exchange(true);
    if (again && (signal != SIGTERM || first != SIGTERM)) {
      _exit(exit_interrupted);
    }
    if (!again) {
      first = signal;
      say(on_terminal ? below_bar : plain);
    }
  }
}

// As nohup makes it.
bool is_ignored(int signal) {
  struct sigaction action {};
  return sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

// Blocks them in this thread and in those that are made later, for one that waits for them.
sigset_t take_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  if (!is_ignored(SIGHUP)) {
    sigaddset(&signals, SIGHUP);
  }
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  return signals;
}

}  // namespace

StopRequest& watch_interrupts() {
  static const bool is_watched = [] {
    on_terminal = messages_on_terminal();
    std::thread(wait_for, take_signals()).detach();
    return true;
  }();
  (void)is_watched;
  return request;
}

UntilInterrupted::UntilInterrupted() : signals_(take_signals()) {}

void UntilInterrupted::wait() {
  int signal = 0;
  sigwait(&signals_, &signal);
}

}  // namespace atelier::cli
