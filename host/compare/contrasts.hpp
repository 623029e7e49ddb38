// Inside this room only: differences between groups, and tests of them.
#pragma once

#include "compare/grouping.hpp"

namespace atelier::compare {

// Of the groups, in the metrics that are tested, by the request: fills `contrasts`, and notes what was not tested.
void add_contrasts(Grouping& grouping);

}  // namespace atelier::compare
