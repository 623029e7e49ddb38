// Which metrics several runs have.
#pragma once

#include <string>
#include <vector>

#include "compare/run.hpp"

namespace atelier::compare {

enum class MetricsOf { all, evaluations };

// By their full names, "test/loss", each once, those of evaluation first.
std::vector<std::string> metric_names(const std::vector<Run>& runs, MetricsOf which = MetricsOf::all);

// Known where the runs that have the metric agree.
catalog::Direction better_of(const std::vector<const Run*>& runs, const std::string& metric);

// "test/loss", or "eval/loss" as the log has it, or "loss" alone; "" for the one that the first run chooses its best
// weights by, and "" again where no run has any. Throws Error(usage) where no run has the metric that is named.
std::string choose_metric(const std::vector<Run>& runs, const std::string& wanted);

std::vector<const Run*> pointers_to(const std::vector<Run>& runs);

}  // namespace atelier::compare
