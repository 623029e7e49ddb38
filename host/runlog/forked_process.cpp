#include "runlog/forked_process.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "runlog/hdf5.hpp"
#include "runlog/transfer.hpp"

namespace atelier::runlog {

namespace {

// A crash is nobody's message and nobody's core file; and this process ends with the other one, not with its signals.
void prepare_process() {
  for (const int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGPROF}) {
    std::signal(signal, SIG_DFL);
  }
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT}) {
    std::signal(signal, SIG_IGN);
  }
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  const rlimit no_core{0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
  const int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
  if (nowhere >= 0) {
    dup2(nowhere, STDOUT_FILENO);
    dup2(nowhere, STDERR_FILENO);
  }
}

[[noreturn]] void work_to_the_end(int socket, const std::function<void(Channel&)>& work) noexcept {
  try {
    prepare_process();
    Channel channel(socket);
    work(channel);
  } catch (const Disconnected&) {
    _exit(0);
  }
  _exit(0);  // nothing of the process that we are a fork of is closed, flushed or ended
}

std::string words_for(int status) {
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGPROF) {
    return "the file is damaged: libhdf5 finds no end in it";
  }
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) {
    return "the process that read it was killed";
  }
  const char* const signal = WIFSIGNALED(status) ? sigabbrev_np(WTERMSIG(status)) : nullptr;
  return fmt::format("the file is damaged: libhdf5 crashes on it{}",
                     signal == nullptr ? "" : fmt::format(" (SIG{})", signal));
}

}  // namespace

void ForkedProcess::start(const std::function<void(Channel&)>& work) {
  const hdf5::Turn turn;
  hdf5::prepare();  // once, and not in every fork
  std::array<int, 2> sockets{};
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets.data()) != 0) {
    throw hdf5::Failure(fmt::format("no process can be made to read it: {}", std::strerror(errno)));
  }
  const pid_t process = fork();
  if (process == 0) {
    close(sockets[0]);
    work_to_the_end(sockets[1], work);
  }
  const int reason = errno;
  close(sockets[1]);
  channel_.open(sockets[0]);
  if (process < 0) {
    channel_.close();
    throw hdf5::Failure(fmt::format("no process can be made to read it: {}", std::strerror(reason)));
  }
  process_ = process;
}

std::string ForkedProcess::end() noexcept {
  if (process_ < 0) {
    return "";
  }
  channel_.close();
  int status = 0;
  pid_t ended = waitpid(process_, &status, WNOHANG);
  if (ended ==
      0) {  // it has nothing that could be lost, and would not see our end where another such process has a copy
    kill(process_, SIGKILL);
  }
  while (ended == 0 || (ended < 0 && errno == EINTR)) {
    ended = waitpid(process_, &status, 0);
  }
  process_ = -1;
  return words_for(ended < 0 ? 0 : status);
}

// Rows of a few bytes, and such as compress well, take the most: a MiB of them some half a second.
void limit_computing(const std::filesystem::path& file) {
  constexpr time_t at_least = 2;
  constexpr time_t for_mebibyte = 4;
  constexpr unsigned bits_of_mebibyte = 20;
  std::error_code unknown;
  const uintmax_t bytes = std::filesystem::file_size(file, unknown);
  const itimerval limit{{0, 0},
                        {at_least + (unknown ? 0 : for_mebibyte * static_cast<time_t>(bytes >> bits_of_mebibyte)), 0}};
  setitimer(ITIMER_PROF, &limit, nullptr);
}

void rehearse(const std::filesystem::path& file, const std::function<void()>& action) {
  ForkedProcess process;
  process.start([&](Channel& channel) {
    limit_computing(file);
    std::string reason;
    try {
      action();
    } catch (const std::exception& failure) {
      reason = failure.what();
    }
    put(channel, reason);
    channel.flush();
  });
  std::string reason;
  try {
    take(process.channel(), reason);
  } catch (const Disconnected&) {
    reason = process.end();
  }
  if (!reason.empty()) {
    throw hdf5::Failure(reason);
  }
}

}  // namespace atelier::runlog
