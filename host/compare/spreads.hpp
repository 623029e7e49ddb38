// Inside this room only: what the metrics of groups of runs come to.
#pragma once

#include "compare/grouping.hpp"

namespace atelier::compare {

// Fills `metrics`, and notes those that cannot be compared. Returns the names of those that are to be tested.
std::vector<std::string> add_metrics(Grouping& grouping);

}  // namespace atelier::compare
