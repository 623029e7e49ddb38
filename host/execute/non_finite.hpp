// The search for what makes a step go bad.
#pragma once

#include <string>

#include "execute/executor.hpp"

namespace atelier::execute {

// Runs the plan step by step with every value looked at, up to the first one that has to be finite and is not; says in
// words where it went bad, or "". Updates are made as in any run.
std::string find_non_finite(Executor& executor, const Launch& launch);

}  // namespace atelier::execute
