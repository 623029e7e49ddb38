// Inside this room only: which runs are the same but for their seeds.
#pragma once

#include <string>
#include <vector>

#include "compare/run.hpp"

namespace atelier::report {

struct Groups {
  std::vector<std::string> names;  // of each group, by what tells it from the others
  std::vector<size_t> of_runs;     // the group of each run
  std::vector<std::string> keys;   // that tell them apart, for compare::GroupingRequest::by
};

// By every setting that a run's result depends on, and all else that it was made from, but for its seed; or by the
// values of settings, metrics or facts (`by`, compare/run_keys.hpp, with ',' between them). Throws Error(usage) for a
// key that no run has.
Groups groups_of(const std::vector<const compare::Run*>& runs, const std::string& by);

}  // namespace atelier::report
