// A fork of this process that does one piece of work, and how its supervisor holds it.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "supervision/end.hpp"
#include "supervision/memory_limit.hpp"
#include "supervision/message.hpp"
#include "supervision/pulse.hpp"
#include "supervision/signals.hpp"

namespace atelier::supervision {

// The child's end of what holds it and its supervisor together.
class Link {
 public:
  Link(int messages, std::shared_ptr<Pulse> pulse, int threads)
      : messages_(messages), pulse_(std::move(pulse)), threads_(threads) {}
  void tell(std::string_view message) const { send_message(messages_, message); }  // to nobody, once it is gone
  [[nodiscard]] Pulse& pulse() const { return *pulse_; }
  [[nodiscard]] int threads() const { return threads_; }  // its share

 private:
  int messages_;
  std::shared_ptr<Pulse> pulse_;
  int threads_;
};

struct Work {
  size_t number = 0;                    // by which whoever gives it out knows it
  std::function<int(const Link&)> run;  // in the child; returns its exit code
  std::vector<int> descriptors{};       // that the child keeps, beside 0 to 2; it closes all others of ours
};

enum class Output {
  inherited,  // what a child prints goes where ours goes
  captured,   // and its standard input is empty
};
enum class Stream { output, messages };

class Child {
 public:
  using Clock = std::chrono::steady_clock;
  // Whoever is told what it says and prints, line by line.
  struct Listener {
    std::function<void(size_t number, const std::string& message)> told;
    std::function<void(size_t number, Stream stream, const std::string& line)> printed;
  };

  // Forks. The child is a process group of its own, so that what a terminal sends reaches it through the supervisor
  // alone, once; it is sent SIGTERM when this process ends however it ends; it ends by _exit(). Throws
  // Error(internal) where no process can be made.
  Child(const Work& work, int threads, Output output, const Signals& signals,
        std::unique_ptr<MemoryLimit::Share> memory);
  ~Child();  // where it has not ended, asks it to stop, as this process ends
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  [[nodiscard]] size_t number() const { return number_; }
  [[nodiscard]] pid_t process() const { return process_; }
  [[nodiscard]] int threads() const { return threads_; }
  [[nodiscard]] const Pulse& pulse() const { return *pulse_; }
  [[nodiscard]] Clock::time_point begun() const { return begun_; }

  // What it can be polled by, and what came of it there; -1 where that has ended.
  static constexpr size_t channels = 3;
  [[nodiscard]] int descriptor(size_t channel) const;
  void read(size_t channel, const Listener& listener);

  void send(int signal) const;        // and SIGCONT, as a stopped process would not hear of it
  void send_group(int signal) const;  // to it and what it has forked

  // How it ended, where it has: once; all that it had said before has been read then.
  std::optional<End> ended(const Listener& listener);

  // Ends it, by its own words where it can, where nothing of it has moved for so many seconds.
  void watch(double stall_seconds);
  void forgive();  // the time until now: it could not move

 private:
  [[noreturn]] void be_child(const Work& work, Output output, const Signals& signals, pid_t parent);
  void read_lines(size_t channel, std::string_view bytes, const Listener& listener);

  size_t number_;
  int threads_;
  std::shared_ptr<Pulse> pulse_ = std::make_shared<Pulse>();
  std::unique_ptr<MemoryLimit::Share> memory_;
  std::vector<Pipe> pipes_;  // messages, and where it is captured what it prints
  Inbox inbox_;
  std::string unfinished_[2];  // lines
  pid_t process_ = -1;
  Clock::time_point begun_ = Clock::now();
  uint64_t beats_ = 0;
  Clock::time_point moved_ = Clock::now();
  bool is_stopped_ = false;
  std::optional<Clock::time_point> asked_to_end_;  // as it had stalled
};

}  // namespace atelier::supervision
