#pragma once

#include "check/report.hpp"
#include "check/workplace.hpp"

namespace atelier::check {

// Measures a small model that has the outputs of abi/metric.h, in all passes, twice.
void check_metric(Report& report, const Workplace& workplace, const catalog::Description& metric);

}  // namespace atelier::check
