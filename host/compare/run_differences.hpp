// What runs were asked to be, and made from, that is not the same in all.
#pragma once

#include <string>
#include <vector>

#include "compare/run.hpp"

namespace atelier::compare {

// A setting, or something else that a run is made from, that is not the same in all runs.
struct Difference {
  std::string key;  // "model.latent", "data sha256"
  std::vector<std::string>
      values;  // a TOML literal for each run, or as much as tells; "" where a run has no such thing
};

// Settings first, but for the name, then what their identities have.
std::vector<Difference> differences_of(const std::vector<Run>& runs);

// For each run: its id, with a number added where two share one.
std::vector<std::string> labels_of(const std::vector<Run>& runs);

}  // namespace atelier::compare
