// Ctrl-C, once and twice.
#pragma once

#include <atomic>

namespace atelier::cli {

// From here on the first SIGINT or SIGTERM says so on standard error and makes the value 1; the second ends the process
// at once, with exit code 130. A closed pipe no longer ends the process: a run goes on without its spectator.
const std::atomic<int>& watch_interrupts();

}  // namespace atelier::cli
