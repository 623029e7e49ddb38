// Runs beside each other: where their experiments differ, and what came of it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/terminal_text.hpp"
#include "compare/run.hpp"

namespace atelier::compare {

// A setting, or something else that a run is made from, that is not the same in all runs.
struct Difference {
  std::string key;  // "model.latent", "data sha256"
  std::vector<std::string>
      values;  // a TOML literal for each run, or as much as tells; "" where a run has no such thing
};

// A number of each run.
struct Result {
  std::string name;                      // "eval/loss best", "steps", ...
  std::vector<double> values;            // NaN where a run has none
  std::optional<experiment::Goal> goal;  // where it is known which is better

  [[nodiscard]] bool is_best(size_t run) const;  // never where no goal is known, or where there is nothing to compare
};

struct Comparison {
  std::vector<Run> runs;            // those that can be read
  std::vector<Run> broken;          // the others
  std::vector<std::string> labels;  // for each run: its id, with a number added where two share one
  std::vector<Difference> differences;
  std::vector<Result> results;
  std::string metric;  // of the curves, "eval/loss"; "" where no run has a metric
};

// `metric` is "eval/loss", or "loss" alone, or "" for the one that the first run chooses its best weights by. Throws
// Error(usage) where no run has the metric that is named.
Comparison compare(std::vector<Run> runs, const std::string& metric = "");

std::string to_text(const Comparison& comparison, const terminal::Layout& layout);
std::string to_csv(const Comparison& comparison);  // a record for each run

}  // namespace atelier::compare
