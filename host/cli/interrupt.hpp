// Ctrl-C, once and twice; SIGTERM, and a terminal that is closed (SIGHUP), are the same.
#pragma once

#include <sys/types.h>

#include <mutex>
#include <vector>

#include "base/stop_request.hpp"

namespace atelier::cli {

// From here on such a signal ends the process with exit code 130: at once while nothing would be lost. While there is
// work, the first one says so on standard error and asks it to stop; the second ends the process. A closed pipe no
// longer ends the process: a run goes on without its spectator.
StopRequest& watch_interrupts();

// For a process whose work is done by children: hands every such signal on to them. Before the first child it ends the
// process.
class InterruptRelay {
 public:
  void add(pid_t child);
  void remove(pid_t child);
  [[nodiscard]] bool asked();  // whether a signal has come

 private:
  friend InterruptRelay& relay_interrupts();
  void hand_on(int signal);

  std::mutex mutex_;
  std::vector<pid_t> children_;
  bool begun_ = false;
  int asked_ = 0;  // the last signal
};
InterruptRelay& relay_interrupts();

}  // namespace atelier::cli
