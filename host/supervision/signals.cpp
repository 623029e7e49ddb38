#include "supervision/signals.hpp"

#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/error.hpp"

namespace atelier::supervision {
namespace {

bool is_ignored(int signal) {
  struct sigaction action {};
  return sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

}  // namespace

Signals::Signals() {
  sigset_t taken;
  sigemptyset(&taken);
  for (const int signal : {SIGINT, SIGTERM, SIGCHLD, SIGWINCH}) {
    sigaddset(&taken, signal);
  }
  for (const int signal : {SIGHUP, SIGTSTP}) {
    if (!is_ignored(signal)) {
      sigaddset(&taken, signal);
    }
  }
  descriptor_ = signalfd(-1, &taken, SFD_NONBLOCK | SFD_CLOEXEC);
  if (descriptor_ < 0) {
    throw Error(ErrorKind::internal, "signals cannot be read: {}", std::strerror(errno));
  }
  sigprocmask(SIG_BLOCK, &taken, &before_);
  std::signal(SIGPIPE, SIG_IGN);
}

Signals::~Signals() {
  close(descriptor_);
  restore();
}

void Signals::restore() const {
  sigprocmask(SIG_SETMASK, &before_, nullptr);
}

std::optional<int> Signals::take() {
  signalfd_siginfo information{};
  return read(descriptor_, &information, sizeof information) == sizeof information
             ? std::optional(static_cast<int>(information.ssi_signo))
             : std::nullopt;
}

}  // namespace atelier::supervision
