#pragma once

#include "check/report.hpp"
#include "check/workplace.hpp"

namespace atelier::check {

// Reads samples of both splits twice, from two threads at once, and from a dataset that is made anew.
void check_dataset(Report& report, const Workplace& workplace, const catalog::Description& dataset);

}  // namespace atelier::check
