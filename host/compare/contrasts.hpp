// Inside this room only: differences between groups, and tests of them.
#pragma once

#include "compare/grouping.hpp"

namespace atelier::compare {

// Of the groups and metrics that are there, by the request: fills `contrasts`, and notes what was not tested.
void add_contrasts(Grouping& grouping, const std::vector<std::string>& tested);

}  // namespace atelier::compare
