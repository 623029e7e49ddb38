// Overrides of the command line: "key=value".
#pragma once

#include <string>
#include <vector>

#include "experiment/document.hpp"
#include "experiment/problems.hpp"

namespace atelier::experiment {

// Applies them from left to right. The key is dotted as in TOML; the value is a TOML literal, and a string where it is
// none; TOML with a comment behind it is refused. A value replaces what stands at its key; a table is merged key by
// key, so that an override changes what it names and nothing else.
void apply_overrides(Node& root, const std::vector<std::string>& overrides, Problems& problems);

}  // namespace atelier::experiment
