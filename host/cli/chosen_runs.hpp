// Which runs are meant by words of a command line that are logs or filters.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "compare/filter.hpp"
#include "compare/run_keys.hpp"
#include "compare/run_summary.hpp"
#include "runlog/find.hpp"

namespace atelier::cli {

struct ChosenBy {
  std::vector<std::string> logs;
  std::vector<compare::Filter> filters;
};

// What is there by a word's name is meant by it, whatever it looks like. Throws Error(usage) for what is no filter.
ChosenBy told_apart(const std::vector<std::string>& words, const runlog::Places& places);

// Of which every filter is true. What is left out for another reason than a filter's being false is a message.
std::vector<compare::RunSummary> those_chosen(std::vector<compare::RunSummary> runs, const compare::RunKeys& keys,
                                              const std::vector<compare::Filter>& filters);

std::string counted(int64_t runs);  // "1 run", "1,000 runs"

}  // namespace atelier::cli
