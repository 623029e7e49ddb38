// Inside this room only: what a command line says of a sweep.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "experiment/sweep_axes.hpp"

namespace atelier::experiment {

// The overrides, told apart. Of two for one key the last one wins.
struct VaryingWords {
  std::vector<Axis> axes;                 // of several values each
  std::vector<std::string> fixed;         // of one
  std::vector<std::string> of_the_sweep;  // "sweep.random.count=5"

  void add(const std::string& word, const Place& place, Problems& problems);
};

Axis axis_of_seeds(const std::vector<int64_t>& seeds, const Place& place);

}  // namespace atelier::experiment
