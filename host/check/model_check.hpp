#pragma once

#include "check/report.hpp"
#include "check/workplace.hpp"

namespace atelier::check {

// Trains the model on the first kind of data that suits it, evaluates, samples, draws all its views, asks for its
// outputs and features.
void check_model(Report& report, const Workplace& workplace, const catalog::Description& model);

}  // namespace atelier::check
