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

// Overrides of the sweep's own keys, as apply_overrides() applies them, whichever way the file writes its keys: dotted
// or in tables. A range takes the place of what varies there; a key inside of one changes that alone.
void apply_to_sweep(Node& document, const std::vector<std::string>& overrides, Problems& problems);

}  // namespace atelier::experiment
