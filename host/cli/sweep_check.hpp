// A sweep before it runs: all its points, what each of them is in, and what is wrong with any of them.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "cli/command_line.hpp"
#include "cli/sweep_cost.hpp"
#include "cli/sweep_message.hpp"
#include "plugin/registry.hpp"
#include "supervision/pulse.hpp"

namespace atelier::cli {

// Looks for the logs of every point, and checks those that are to be run beyond their settings: data, shapes, what
// plugins say. Throws Error with all that is wrong with any of them. The pulse beats with each.
CheckedSweep checked_sweep(const Arguments& arguments, const plugin::Registry& registry, experiment::Sweep sweep,
                           supervision::Pulse& pulse);

// A table of the points, with what is done already and what the others cost, by their shapes; then how many are to be
// run, and how long all of them take, so many at a time.
std::string listing(const CheckedSweep& checked, const std::map<size_t, MeasuredCost>& costs, size_t jobs);

}  // namespace atelier::cli
