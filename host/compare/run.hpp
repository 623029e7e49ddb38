// A run as its log tells it, read for tables. All functions may be called from any thread; what they return is owned by
// the caller, and no file stays open.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/terminal_text.hpp"
#include "catalog/description.hpp"
#include "compare/run_summary.hpp"
#include "runlog/description.hpp"
#include "runlog/identity.hpp"
#include "runlog/reader.hpp"

namespace atelier::compare {

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

  [[nodiscard]] std::string full_name() const { return Final::full_name_of(cadence, split, name); }
  [[nodiscard]] bool of_evaluation() const { return Final::is_of_evaluation(cadence); }
  [[nodiscard]] double last() const;  // NaN where there are no values; the same for the next two
  [[nodiscard]] double smallest() const;
  [[nodiscard]] double largest() const;
};

struct Run : RunSummary {
  runlog::Identity identity;    // what it was made from beside its settings
  std::vector<Series> metrics;  // in the log's order, as the finals
  int64_t test_samples = 0;     // of the data's test split

  [[nodiscard]] const Series* find(const std::string& full_name) const;  // null where the run has no such metric
};

// Never throws for what is wrong with the log: the run is then broken, and says why.
Run read_run(const std::filesystem::path& log);
// The same of many. Metrics of training have all their rows only where `whole` names them ("train/loss" or "loss"), and
// else their last value alone.
std::vector<Run> read_runs(const std::vector<std::filesystem::path>& logs, const std::vector<std::string>& whole = {});

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
  std::vector<runlog::Slimming> slimmed;
  WeightsAt checkpoint, best, final;
};

// Throws Error(file) for a log that cannot be read.
Details read_details(const std::filesystem::path& log);

// All that is known of one run, for a terminal.
std::string to_text(const Run& run, const Details& details, const terminal::Layout& layout);

}  // namespace atelier::compare
