// What holds of all that records training steps: a model, a loss in one, an optimizer of one.
#pragma once

#include "check/report.hpp"
#include "check/workplace.hpp"

namespace atelier::check {

// Trains some steps, evaluates, and makes the same run again on another number of threads, and once more with every
// step recorded in vain before it is recorded: all give the same bits.
void check_recording(Report& report, const Workplace& workplace, const Tables& tables);

}  // namespace atelier::check
