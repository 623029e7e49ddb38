#include "cli/child_process.hpp"

#include <fmt/core.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include "base/error.hpp"

namespace atelier::cli {
namespace {

constexpr int not_started = 127;  // as shells have it

// Between fork and exec: only what is safe there.
[[noreturn]] void become(char* const* words, pid_t parent) {
  setpgid(0, 0);
  signal(SIGTTOU, SIG_IGN);  // it writes to a terminal whose group it has left
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  if (getppid() == parent) {
    execv("/proc/self/exe", words);
  }
  _exit(not_started);
}

}  // namespace

std::string ChildEnd::words() const {
  if (signal == 0) {
    return fmt::format("the process ended with the code {}", code);
  }
  const char* const name = sigabbrev_np(signal);
  return fmt::format("the process ended with SIG{}{}", name == nullptr ? "?" : name,
                     signal == SIGKILL ? ", as where the system has no memory left" : "");
}

ChildEnd run_child(const std::vector<std::string>& words, InterruptRelay& relay) {
  std::string name = "atelier";
  std::vector<std::string> copies = words;
  std::vector<char*> pointers{name.data()};
  for (std::string& word : copies) {
    pointers.push_back(word.data());
  }
  pointers.push_back(nullptr);
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child < 0) {
    throw Error(ErrorKind::internal, "no process can be made: {}", std::strerror(errno));
  }
  if (child == 0) {
    become(pointers.data(), parent);
  }
  relay.add(child);
  siginfo_t ended{};
  while (waitid(P_PID, static_cast<id_t>(child), &ended, WEXITED | WNOWAIT) < 0 && errno == EINTR) {
  }
  relay.remove(child);  // before its number may be another's
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFSIGNALED(status) ? ChildEnd{0, WTERMSIG(status)} : ChildEnd{WEXITSTATUS(status), 0};
}

}  // namespace atelier::cli
