// Some of many runs, in an order.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "compare/filter.hpp"
#include "compare/run_keys.hpp"
#include "compare/run_summary.hpp"

namespace atelier::compare {

struct Selection {
  std::vector<RunSummary> runs;            // of which the filter is true
  std::map<std::string, int64_t> lacking;  // how many runs were left out as they have no such thing, by its name
  std::vector<std::string> hints;  // what is compared with a text that none of them has, as one that is misspelt
};

// A comparison with what a run does not have is neither true nor false, and so is what depends on it. Throws
// Error(usage), with a caret, for keys that no run has or that can mean several, and for values that are of another
// kind than theirs, or can be none's.
Selection select(const std::vector<RunSummary>& runs, const RunKeys& keys, const Filter& filter);

// Runs of equal values stay in their order, those without one come last.
void sort_by(std::vector<RunSummary>& runs, const Key& key, bool descending);

}  // namespace atelier::compare
