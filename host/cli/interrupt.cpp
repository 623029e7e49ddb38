#include "cli/interrupt.hpp"

#include <unistd.h>

#include <csignal>
#include <string_view>
#include <thread>

#include "cli/program.hpp"
#include "cli/terminal.hpp"

namespace atelier::cli {
namespace {

// On a terminal the message begins a line of its own, below the progress bar.
constexpr std::string_view below_bar = "\natelier: stopping after this step; Ctrl-C again to end at once\n";
constexpr std::string_view plain = below_bar.substr(1);

std::atomic<int> interrupted{0};
std::atomic<bool> on_terminal{false};

// In a thread of its own, as no signal may be delivered to one that computes: the matrix product kernels that oneDNN
// makes use the stack pointer for data, and a handler's frame would be written over it.
void wait_for(const sigset_t& signals) {
  for (int signal = 0;;) {
    sigwait(&signals, &signal);
    if (interrupted.exchange(1) != 0) {
      _exit(exit_interrupted);
    }
    const std::string_view message = on_terminal ? below_bar : plain;
    [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, message.data(), message.size());
  }
}

}  // namespace

const std::atomic<int>& watch_interrupts() {
  on_terminal = messages_on_terminal();
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);  // threads that are made later block them too
  std::thread(wait_for, signals).detach();
  std::signal(SIGPIPE, SIG_IGN);
  return interrupted;
}

}  // namespace atelier::cli
