// Inside this room only: how far a run has come.
#pragma once

#include "compare/run_summary.hpp"

namespace atelier::report {

// How much of its training a run that is running has behind it, 0 to 1; 1 where it has finished. NaN where nobody
// knows.
double progress_of(const compare::RunSummary& run);

}  // namespace atelier::report
