// Writing the resolved experiment as TOML.
#pragma once

#include <string>
#include <vector>

#include "experiment/experiment.hpp"

namespace atelier::experiment {

// "key = literal" lines under the headers of their tables. The values of a table need to stand together.
std::string write_resolved(const std::vector<ResolvedValue>& values);

}  // namespace atelier::experiment
