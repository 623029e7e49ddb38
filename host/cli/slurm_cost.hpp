// What the points of a sweep will cost, by a step of each that was made here.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/command_line.hpp"
#include "experiment/sweep.hpp"
#include "plugin/registry.hpp"

namespace atelier::cli {

struct SweepCost {
  std::vector<double> seconds;        // of each point's training steps; NaN where none could be made
  int64_t bytes = 0;                  // that this process has taken at most
  std::vector<std::string> problems;  // why, where none could be made
  double longest_step = 0;            // seconds
};

// Trains each point that differs from the others by more than seeds for about a second, in a folder that is removed.
// Throws Error where a point is wrong, as `run` would find.
SweepCost measure_cost(const Arguments& arguments, const plugin::Registry& registry, const experiment::Sweep& sweep,
                       int threads);

}  // namespace atelier::cli
