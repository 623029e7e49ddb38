// Many pieces of work, each in a process of its own, some of them at a time.
#pragma once

#include <limits>
#include <memory>
#include <optional>
#include <vector>

#include "supervision/child.hpp"

namespace atelier::supervision {

// Gives out work. What it gives may depend on how the work before ended; where results shall not depend on timing, it
// decides by what has ended and not by when.
class Source {
 public:
  Source() = default;
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;
  virtual ~Source() = default;
  // The next piece; nothing where there is none now. It is asked again when a child has ended, and where there is none
  // while nothing runs, all is done.
  virtual std::optional<Work> next() = 0;
  // How many pieces it could give now: by it threads are shared out.
  [[nodiscard]] virtual size_t waiting() const = 0;
  // Whether it is to be asked again in a moment, though it has none now and nothing runs.
  [[nodiscard]] virtual bool waits_for_others() const { return false; }
  virtual void ended(size_t number, const End& end) = 0;
};

// Sees what happens.
class Spectator {
 public:
  Spectator() = default;
  Spectator(const Spectator&) = delete;
  Spectator& operator=(const Spectator&) = delete;
  virtual ~Spectator() = default;
  virtual void began(const Child& /*child*/) {}
  virtual void told(size_t /*number*/, const std::string& /*message*/) {}
  virtual void printed(size_t /*number*/, Stream /*stream*/, const std::string& /*line*/) {}
  virtual void saw_end(size_t /*number*/, const End& /*end*/) {}  // after the source has heard of it
  // Every so often, and where the terminal has changed its size.
  virtual void passed(const std::vector<std::unique_ptr<Child>>& /*running*/) {}
  virtual void asked_to_stop(int /*times*/) {}
  virtual void stops() {}  // the whole of it, as by Ctrl-Z; passed() follows when it goes on
};

struct Rules {
  size_t jobs = 1;  // children at a time, at least 1
  int threads = 1;  // of all of them together; each gets its share, at least 1
  Output output = Output::inherited;
  double stall_seconds = std::numeric_limits<double>::infinity();
  uint64_t memory = 0;         // bytes of each; 0 for no limit
  double passing_seconds = 1;  // between two calls of Spectator::passed
};

// Runs children one process beside the other. One for a process, which has no other threads: signals that ask it to
// stop are handed on to the children, and with the second one they end at once. Stopped by the terminal, it stops its
// children, too, and continues them.
class Supervisor {
 public:
  // All that the source gives. Returns how often it was asked to stop: from the first time on nothing begins.
  int run(Source& source, Spectator& spectator, const Rules& rules);
  [[nodiscard]] int asked_to_stop() const { return asked_; }  // also of earlier runs
  void look_for_signals();                                    // where nothing runs: Spectators are not told

 private:
  void start(Source& source, Spectator& spectator, const Rules& rules);
  void wait(Spectator& spectator, const Child::Listener& listener, std::chrono::milliseconds most);
  void take_signals(Spectator* spectator);
  void stop_all(Spectator* spectator);
  void collect(Source& source, Spectator& spectator, const Child::Listener& listener);
  void watch(double stall_seconds);

  Signals signals_;
  std::vector<std::unique_ptr<Child>> children_;
  std::unique_ptr<MemoryLimit> memory_;
  int asked_ = 0;
  bool passes_now_ = false;
  std::optional<Child::Clock::time_point> last_call_;  // when children were told to end at once
};

}  // namespace atelier::supervision
