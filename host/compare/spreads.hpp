// Inside this room only: what the metrics of groups of runs come to.
#pragma once

#include "compare/grouping.hpp"

namespace atelier::compare {

// Fills `metrics` and `tested`, and notes those that cannot be compared.
void add_metrics(Grouping& grouping);

}  // namespace atelier::compare
