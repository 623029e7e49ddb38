// Runs and comparisons as JSON documents, indented by two, ending in a newline. Metrics that are NaN or infinite, and
// what is not known, are null; bytes that are no UTF-8 are replaced.
#pragma once

#include <string>
#include <vector>

#include "compare/comparison.hpp"
#include "compare/listing.hpp"
#include "compare/run.hpp"

namespace atelier::compare {

// A list; each with what it has in the columns, where there are any.
std::string to_json(const std::vector<RunSummary>& runs, const std::vector<ListedColumn>& columns = {});
std::string to_json(const Run& run, const Details& details);  // with the rows of every metric
std::string to_json(const Comparison& comparison);
std::string to_json(const Value& value);  // in one line, without an end of it

}  // namespace atelier::compare
