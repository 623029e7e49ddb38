// Runs beside each other: where their experiments differ, and what came of it.
#pragma once

#include <string>
#include <vector>

#include "catalog/description.hpp"
#include "compare/measured_with.hpp"
#include "compare/run.hpp"
#include "compare/run_differences.hpp"
#include "compare/section.hpp"

namespace atelier::compare {

// A number of each run.
struct Result {
  std::string name;            // "test/loss best", "steps", ...
  std::vector<double> values;  // NaN where a run has none
  catalog::Direction better = catalog::Direction::unknown;
  std::vector<bool> finished{};      // of each run; one that is not is never the best
  std::vector<Unlikeness> unlike{};  // what the runs did not measure it with in common

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

// What the runs did not measure with the same is left out, with the reason; or shown `anyway`, marked with "!".
std::vector<Section> sections_of(const Comparison& comparison, bool anyway);
std::string to_csv(const Comparison& comparison);  // a record for each run

}  // namespace atelier::compare
