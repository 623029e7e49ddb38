// Whether what a component says of itself can be: it is looked at once, when its library is loaded, so that experiments
// and logs may trust it.
#pragma once

#include <string>
#include <vector>

#include "catalog/description.hpp"

namespace atelier::catalog {

// A line for each mistake; none where all is well.
std::vector<std::string> problems_of(const Description& description);

// The keys that the host itself has in the table where a component of this kind is chosen: no setting can have them.
const std::vector<std::string>& reserved_keys(Kind kind);

}  // namespace atelier::catalog
