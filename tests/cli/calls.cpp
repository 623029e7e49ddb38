// Calls of the program, as many as a test likes, without loading libraries anew for each: a fork of this process, which
// has loaded them once, does what a process of the program would.
//
//   calls LIBRARY...      plugins that are loaded beforehand, as the verbs would load them
//
// One call a line on standard input, {"words": ["show", "a.h5"], "folder": "...", "output": "...", "errors": "...",
// "seconds": 100}: the folder to be in, the files for what is printed, and how long it may take. One line for each on
// standard output: {"code": 0, "peak_bytes": 123}, {"signal": 11, ...}, or {"timed_out": true, ...}.
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <ctime>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cli/process.hpp"
#include "cli/program.hpp"

namespace {

using nlohmann::json;

sigset_t child_ended() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGCHLD);
  return signals;
}

bool open_as(int descriptor, const std::string& path, int flags) {
  constexpr mode_t mode = 0644;
  const int opened = open(path.c_str(), flags, mode);
  return opened >= 0 && dup2(opened, descriptor) == descriptor && close(opened) == 0;
}

[[noreturn]] void call(const json& request) {
  constexpr int not_made = 99;  // no code of the program's
  constexpr int made = O_WRONLY | O_CREAT | O_TRUNC;
  const bool ready = chdir(request.at("folder").get<std::string>().c_str()) == 0 &&
                     open_as(STDIN_FILENO, "/dev/null", O_RDONLY) &&
                     open_as(STDOUT_FILENO, request.at("output").get<std::string>(), made) &&
                     open_as(STDERR_FILENO, request.at("errors").get<std::string>(), made);
  if (!ready) {
    std::_Exit(not_made);
  }
  const sigset_t ended = child_ended();
  sigprocmask(SIG_UNBLOCK, &ended, nullptr);
  atelier::cli::prepare_process();
  const int code = atelier::cli::run_program(request.at("words").get<std::vector<std::string>>());
  std::exit(code);  // as main() does
}

json outcome_of(pid_t child, time_t seconds) {
  const sigset_t signals = child_ended();
  const timespec limit{seconds, 0};
  json outcome;
  int status = 0;
  rusage usage{};
  if (sigtimedwait(&signals, nullptr, &limit) < 0 && errno == EAGAIN) {
    kill(child, SIGKILL);
    outcome["timed_out"] = true;
  }
  while (wait4(child, &status, 0, &usage) < 0 && errno == EINTR) {
  }
  if (WIFSIGNALED(status)) {
    outcome["signal"] = WTERMSIG(status);
  } else {
    outcome["code"] = WEXITSTATUS(status);
  }
  constexpr int64_t kibibyte = 1024;
  outcome["peak_bytes"] = usage.ru_maxrss * kibibyte;
  return outcome;
}

}  // namespace

int main(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    if (dlopen(argv[i], RTLD_NOW | RTLD_LOCAL) == nullptr) {
      std::fprintf(stderr, "%s\n", dlerror());
      return 1;
    }
  }
  const sigset_t ended = child_ended();
  sigprocmask(SIG_BLOCK, &ended, nullptr);
  for (std::string line; std::getline(std::cin, line);) {
    const json request = json::parse(line);
    const pid_t child = fork();
    if (child < 0) {
      std::perror("fork");
      return 1;
    }
    if (child == 0) {
      call(request);
    }
    std::cout << outcome_of(child, request.at("seconds").get<time_t>()).dump() << std::endl;
  }
  return 0;
}
