#pragma once

#include "check/report.hpp"
#include "check/workplace.hpp"

namespace atelier::check {

// Calls an elementwise optimizer directly, in both precisions and on other blocks; and trains with any.
void check_optimizer(Report& report, const Workplace& workplace, const catalog::Description& optimizer);

}  // namespace atelier::check
