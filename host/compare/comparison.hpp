// Runs beside each other: where their experiments differ, and what came of it.
#pragma once

#include <string>
#include <vector>

#include "base/terminal_text.hpp"
#include "catalog/description.hpp"
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
  std::string name;            // "test/loss best", "steps", ...
  std::vector<double> values;  // NaN where a run has none
  catalog::Direction better = catalog::Direction::unknown;
  std::vector<bool> finished{};  // of each run; one that is not is never the best
  std::vector<std::string>
      runs_differ_in{};  // what a number depends on beside how good a model is: "model", "loss", ...

  // Never where no direction is known, where the runs differ in what is measured, or where there is nothing to compare.
  [[nodiscard]] bool is_best(size_t run) const;
};

struct Comparison {
  std::vector<Run> runs;            // those that can be read
  std::vector<Run> broken;          // the others
  std::vector<std::string> labels;  // for each run: its id, with a number added where two share one
  std::vector<Difference> differences;
  std::vector<Result> results;
  std::string metric;  // of the curves, "test/loss"; "" where no run has a metric
};

// `metric` is "test/loss", or "eval/loss" as the log has it, or "loss" alone, or "" for the one that the first run
// chooses its best weights by. Throws Error(usage) where no run has the metric that is named.
Comparison compare(std::vector<Run> runs, const std::string& metric = "");

std::string to_text(const Comparison& comparison, const terminal::Layout& layout);
std::string to_csv(const Comparison& comparison);  // a record for each run

}  // namespace atelier::compare
