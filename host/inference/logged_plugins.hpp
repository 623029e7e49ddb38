// Where the plugins of a run are to be had, for whoever needs a component that no loaded plugin brings: its log says
// where they were loaded from, and what their bytes were.
#pragma once

#include <vector>

#include "experiment/experiment.hpp"
#include "plugin/registry.hpp"
#include "runlog/description.hpp"

namespace atelier::inference {

// Borrows both.
experiment::WhereFrom plugins_of_log(const std::vector<runlog::Plugin>& logged, const plugin::Registry& registry);

}  // namespace atelier::inference
