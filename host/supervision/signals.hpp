// Signals as things to be read, beside pipes.
#pragma once

#include <csignal>
#include <optional>

namespace atelier::supervision {

// The supervisor asks a child that has stalled to say where it is, and to end. Blocked in every thread of the child but
// the one that waits for it.
inline constexpr int stall_signal = SIGUSR1;

// From here on the signals that ask a process to stop (SIGINT, SIGTERM, and SIGHUP unless it is ignored, as nohup makes
// it), that stop it (SIGTSTP), and that tell of children and of the terminal's size come here and nowhere else. On the
// only thread of the process. A closed pipe no longer ends it: what it supervises goes on without its spectator.
class Signals {
 public:
  Signals();  // throws Error(internal)
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;
  [[nodiscard]] int descriptor() const { return descriptor_; }  // readable where one has come
  std::optional<int> take();
  void restore() const;  // in a fork: as it was before

 private:
  sigset_t before_{};
  int descriptor_ = -1;
};

}  // namespace atelier::supervision
