// What a run was and what came of it, without the rows of its metrics: what lists of many runs show and choose by.
#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "base/terminal_text.hpp"
#include "catalog/description.hpp"
#include "runlog/headings.hpp"

namespace atelier::compare {

// A log that says "running" while nobody writes it was killed; one that cannot be read is broken.
enum class State { running, finished, failed, interrupted, stopped, killed, broken };
std::string to_string(State state);
terminal::Emphasis emphasis_of(State state);
const std::vector<std::string>& names_of_states();

// What a metric has come to. Evaluations are called after the split that they are of: "validation/loss", "test/loss",
// "train/loss".
struct Final : runlog::FinalValue {
  catalog::Direction direction = catalog::Direction::unknown;  // of evaluations alone

  [[nodiscard]] std::string full_name() const { return full_name_of(cadence, split, name); }
  static std::string full_name_of(const std::string& cadence, const std::string& split, const std::string& name);
  static bool is_of_evaluation(const std::string& cadence) { return cadence == "eval" || cadence == "test"; }
};

// The value by which the run chose its best weights.
struct Best {
  std::string metric;  // "test/loss"; "" where the run has no such metric
  catalog::Direction better = catalog::Direction::unknown;
  // The best so far; NaN before the first evaluation, and where neither larger nor smaller values are better.
  double value = std::numeric_limits<double>::quiet_NaN();
  int64_t step = 0;
};

struct RunSummary {
  std::filesystem::path path;
  State state = State::broken;
  std::string host;     // on which it runs, where that is another one, or a container; "" otherwise
  std::string problem;  // why a log is broken, or why a run ended; "" otherwise. Of a broken log the rest is empty
  std::string run_id, name, created_utc;
  uint64_t seed = 0;
  std::vector<std::string> tags;
  std::vector<runlog::Note> notes;
  std::map<std::string, std::string> settings;  // experiment::flatten of the resolved experiment
  std::vector<Final> finals;                    // in the log's order
  Best best;
  int64_t steps = 0;              // of the newest row
  double seconds = 0;             // from the start of the run to its newest row
  double samples_per_second = 0;  // of training, the median; 0 where nothing is known
  int64_t bytes = 0;              // of the log's file
};

// Never throws for what is wrong with the log: the run is then broken, and says why.
RunSummary summary_of(const runlog::Heading& log);
std::vector<RunSummary> summaries_of(const std::vector<runlog::Heading>& logs);

}  // namespace atelier::compare
