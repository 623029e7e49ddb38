// The experiment that a model is checked in: losses for its slots, and data that it can be built for.
#pragma once

#include <string>

#include "check/workplace.hpp"

namespace atelier::check {

// Tables for the slots that have no loss of their own choice. Throws NotRun where there is none for one.
std::string losses_of(const Workplace& workplace, const catalog::Description& model);

// Chooses the first data that the model of these tables can be built for, and says which. Throws NotRun where the model
// turns all of them away for their sizes, and Error where something else is wrong with it.
std::string find_data(const Workplace& workplace, Tables& tables);

}  // namespace atelier::check
