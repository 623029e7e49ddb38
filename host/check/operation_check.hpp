#pragma once

#include "check/report.hpp"
#include "check/workplace.hpp"

namespace atelier::check {

// Runs an operation that the plugin brings on small inputs: its gradient against central differences in float64,
// float32 against float64, the bits of a sample whatever stands beside it.
void check_operation(Report& report, const Workplace& workplace, const catalog::Description& operation);

}  // namespace atelier::check
