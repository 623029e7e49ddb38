// What a child that is watched says of itself all the time, in memory that it shares with its supervisor: so it costs
// a few stores, and outlives the child.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

namespace atelier::supervision {

// Text of a fixed size.
template <size_t Capacity>
struct ShortText {
  std::array<char, Capacity> letters{};  // ends with a zero

  void set(std::string_view text) {
    const size_t length = text.copy(letters.data(), Capacity - 1);
    letters[length] = '\0';
  }
  [[nodiscard]] std::string text() const { return letters.data(); }
};

struct Progress {
  int64_t step = 0, total_steps = 0;
  double epoch = 0, total_epochs = 0;
  double samples_per_second = 0;
  double seconds_left = -1;   // -1 where nobody knows
  double loss = 0;            // the first
  ShortText<48> loss_name{};  // "" where there is none
  ShortText<48> part{};       // what it does other than steps: "test", "samples"; "" for steps
  int64_t part_done = 0, part_total = 0;
};

// Why a child ended, as it said itself before it did.
enum class Cause : uint32_t {
  unsaid,  // it has not: whatever ended it gave it no time to
  done,
  stopped,  // it was asked to
  paused,   // it has come to where it was to stop
  failed,   // an error that would come again, as a run repeats bit for bit
  memory,   // there was not enough
  crashed,  // by a signal, or by exit() in the middle of its work
  stalled,  // nothing of it had moved on for too long
};

// One page of memory that this process and its forks share. The child writes, on one thread but for beat() and what it
// says of its end; the supervisor reads.
class Pulse {
 public:
  Pulse();  // throws Error(internal) where there is no memory
  ~Pulse();
  Pulse(const Pulse&) = delete;
  Pulse& operator=(const Pulse&) = delete;

  // Something has moved on: a step, a part of an evaluation. Any thread.
  void beat();
  [[nodiscard]] uint64_t beats() const;

  void say(const Progress& progress);  // and beats
  // The newest whole one.
  [[nodiscard]] Progress progress() const;

  // How it ends. For handlers of signals, too: nothing is allocated. The first to say it is believed.
  void end(Cause cause, const char* words, bool log_closed);
  // The log is closed with these words, or is not.
  void set_log_closed(bool closed);
  [[nodiscard]] Cause cause() const;
  [[nodiscard]] std::string last_words() const;  // "" where it had none
  [[nodiscard]] bool log_closed() const;

 private:
  struct Shared;
  Shared* shared_;
};

}  // namespace atelier::supervision
