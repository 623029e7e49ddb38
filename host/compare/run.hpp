// A run as its log tells it, read for tables. All functions may be called from any thread; what they return is owned by
// the caller, and no file stays open.
#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/terminal_text.hpp"
#include "catalog/description.hpp"
#include "experiment/experiment.hpp"
#include "runlog/description.hpp"
#include "runlog/identity.hpp"
#include "runlog/reader.hpp"

namespace atelier::compare {

// A log that says "running" while nobody writes it was killed; one that cannot be read is broken.
enum class State { running, finished, failed, interrupted, killed, broken };
std::string to_string(State state);
terminal::Emphasis emphasis_of(State state);

// One metric over a run; rows without a value are left out.
struct Series {
  std::string cadence;  // "train", "eval", ...
  std::string split;    // of the data, that the values are of; "" where that is not known
  std::string name;
  std::string units;
  catalog::Direction better = catalog::Direction::unknown;
  std::string help;
  std::vector<int64_t> steps;
  std::vector<double> epochs;
  std::vector<double> values;

  // Evaluations are called after the split that they are of: "validation/loss", "test/loss", "train/loss".
  [[nodiscard]] std::string full_name() const { return (of_evaluation() ? split : cadence) + "/" + name; }
  [[nodiscard]] bool of_evaluation() const { return cadence == "eval" || cadence == "test"; }
  [[nodiscard]] double last() const;  // NaN where there are no values; the same for the next two
  [[nodiscard]] double smallest() const;
  [[nodiscard]] double largest() const;
};

// The value by which the run chose its best weights.
struct Best {
  std::string metric;  // "test/loss"; "" where the run has no such metric
  catalog::Direction better = catalog::Direction::unknown;
  // The best so far; NaN before the first evaluation, and where neither larger nor smaller values are better.
  double value = std::numeric_limits<double>::quiet_NaN();
  int64_t step = 0;
};

struct Run {
  std::filesystem::path path;
  State state = State::broken;
  std::string problem;  // why a log is broken, or why a run ended; "" otherwise. Of a broken log the rest is empty
  std::string run_id, name, created_utc;
  uint64_t seed = 0;
  std::vector<std::string> tags;
  std::map<std::string, std::string> settings;  // experiment::flatten of the resolved experiment
  runlog::Identity identity;                    // what it was made from beside them
  std::vector<Series> metrics;                  // in the log's order
  Best best;
  int64_t steps = 0;              // of the newest row
  double seconds = 0;             // from the start of the run to its newest row
  double samples_per_second = 0;  // of training, the median; 0 where nothing is known

  [[nodiscard]] const Series* find(const std::string& full_name) const;  // null where the run has no such metric
};

// Never throws for what is wrong with the log: the run is then broken, and says why.
Run read_run(const std::filesystem::path& log);

// What a model has made: when, and the newest of what is no image.
struct SampleRows {
  runlog::SampleSeries series;
  std::vector<int64_t> steps;
  std::vector<std::string> texts{};  // of tokens
  tensor::Tensor values{};           // of signals, rows of tables and numbers, (n, ...)
};

struct WeightsAt {
  std::optional<int64_t> step;  // nullopt where there are none
  std::string problem;          // why they cannot be read
};

// What only a look at a single run needs.
struct Details {
  runlog::RunDescription description;
  std::vector<SampleRows> samples;
  WeightsAt checkpoint, best, final;
};

// Throws Error(file) for a log that cannot be read.
Details read_details(const std::filesystem::path& log);

// All that is known of one run, for a terminal.
std::string to_text(const Run& run, const Details& details, const terminal::Layout& layout);

}  // namespace atelier::compare
