// This program once more, as a child process that does one thing.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "cli/interrupt.hpp"

namespace atelier::cli {

struct ChildEnd {
  int code = 0;    // with which it exited
  int signal = 0;  // that ended it; 0 for none

  // "the process ended with SIGKILL, as where the system has no memory left"
  [[nodiscard]] std::string words() const;
};

// Runs atelier with these words, and waits for its end. Its output and its messages are ours. It is in a process group
// of its own, so that what a terminal sends reaches it through the relay alone, once; and it is asked to stop when this
// process ends however it ends. Throws Error(internal) where no process can be made.
ChildEnd run_child(const std::vector<std::string>& words, InterruptRelay& relay);

}  // namespace atelier::cli
