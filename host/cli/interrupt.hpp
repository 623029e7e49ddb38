// Ctrl-C, once and twice; SIGTERM, and a terminal that is closed (SIGHUP), are the same.
#pragma once

#include <csignal>

#include "base/stop_request.hpp"

namespace atelier::cli {

// From here on such a signal ends the process with exit code 130: at once while nothing would be lost. While there is
// work, the first one says so on standard error and asks it to stop; the second ends the process, but for a SIGTERM
// after a SIGTERM: what ends many processes at once, as Slurm does, reaches one directly and by its parent. A closed
// pipe no longer ends the process: a run goes on without its spectator.
StopRequest& watch_interrupts();

// For a process that works until such a signal comes, which is its end. Made before other threads are, which it spares
// the signals.
class UntilInterrupted {
 public:
  UntilInterrupted();
  void wait();

 private:
  sigset_t signals_;
};

}  // namespace atelier::cli
