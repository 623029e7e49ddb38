// What a run tells its supervisor, and the supervisor programs (--json-lines): one JSON object in one line.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "training/run.hpp"

namespace atelier::cli {

struct RunEvent {
  enum class Kind { started, evaluated, warning, ended };
  Kind kind = Kind::started;
  std::string log{};                           // started, ended
  int64_t step = 0;                            // started: the first; evaluated, ended: the last that is done
  double epoch = 0;                            // evaluated
  std::map<std::string, double> metrics{};     // evaluated, ended
  std::string metric{};                        // started, evaluated: that the experiment is judged by; "" for none
  bool larger_is_better = false;               // of it
  bool best = false;                           // evaluated: the best of this run so far
  std::string text{};                          // warning
  std::string status{}, reason{};              // ended
  double seconds = 0, samples_per_second = 0;  // ended: of training
};

std::string to_json_line(const RunEvent& event);
RunEvent run_event_of(const std::string& line);  // of such a line; throws Error(internal)

RunEvent event_of(const training::RunOutcome& outcome);

}  // namespace atelier::cli
