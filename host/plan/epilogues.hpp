// The third stage of planning: elementwise work that runs in the kernel of what it reads.
#pragma once

#include <vector>

#include "plan/schedule.hpp"

namespace atelier::plan {

// Puts elementwise nodes behind the nodes whose results they read, as their epilogues, where nothing in between needs
// those results. `kept` as in ScheduleRequest.
void attach_epilogues(Schedule& schedule, const Graph& graph, const std::vector<char>& kept);

}  // namespace atelier::plan
