// The last stage of planning: where a plan's buffers lie, in which order its steps may run beside each other, and the
// tasks that they are started as.
#pragma once

#include <vector>

#include "plan/plan.hpp"

namespace atelier::plan {

// Finishes a plan whose steps, buffers and `after` edges by data are there: offsets in the arena, edges for memory that
// is used again, tasks. The buffers in `keep_to_end` can be read when the plan has run.
void arrange(Plan& plan, const std::vector<int32_t>& keep_to_end);

}  // namespace atelier::plan
