// How a child ended.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "supervision/pulse.hpp"

namespace atelier::supervision {

// How words() tell of a process that another one, or the system, has killed; in its log, too, where its watcher closed
// it.
inline constexpr std::string_view was_killed = "it was killed, by somebody or by a system that had no memory left";

struct End {
  int code = 0;                 // with which it exited
  int signal = 0;               // that ended it; 0 for none
  Cause cause = Cause::unsaid;  // its own words, or the supervisor's where it had none
  std::string last_words;       // what it said of a sudden end; "" where it had no time to
  bool log_closed = false;      // it has said them in its log, too
  double seconds = 0;           // from its beginning
  uint64_t most_memory = 0;     // bytes, that were resident at once
  Progress progress;            // the newest that it told of

  [[nodiscard]] bool well() const { return code == 0 && signal == 0; }
  // "the process ended with SIGKILL: it was killed, ...", "the process ended with the code 3"
  [[nodiscard]] std::string words() const;
};

// "SIGKILL"
std::string name_of_signal(int signal);

}  // namespace atelier::supervision
