// Inside this room only: runs beside each other, for the page.
#pragma once

#include "compare/comparison.hpp"
#include "report/json.hpp"

namespace atelier::report {

// Of runs that can all be read: their labels and groups, where their settings differ, and what came of them.
Json comparison_json(const std::vector<compare::Run>& runs, const std::string& by);

}  // namespace atelier::report
