// How many rows a run will write, before it runs.
#pragma once

#include "runlog/log_size.hpp"
#include "training/log_plan.hpp"

namespace atelier::training {

// Of a run that gets to its last step.
runlog::RowCounts row_counts_of(Setup& setup, const LogPlan& plan);

// On how many of these steps something happens that is due at the first step at or after each multiple of so many
// epochs, and at the last step.
int64_t times_due(int64_t steps, double epochs_a_step, double every_epochs);

}  // namespace atelier::training
