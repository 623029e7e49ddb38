#pragma once

#include "check/report.hpp"
#include "check/workplace.hpp"

namespace atelier::check {

// Trains a small model that calls the loss as its role says.
void check_loss(Report& report, const Workplace& workplace, const catalog::Description& loss);

}  // namespace atelier::check
