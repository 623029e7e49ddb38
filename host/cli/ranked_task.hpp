// What falls to a task (sweep_task.hpp), where the processes of one run have it together.
#pragma once

#include "base/ranks.hpp"
#include "cli/command_line.hpp"
#include "experiment/sweep.hpp"
#include "plugin/registry.hpp"
#include "supervision/child.hpp"

namespace atelier::cli {

// In each rank's child, which is called once more where an index of plugins was wrong: trains the one point that `part`
// has, or goes on where a run of it stopped. What is to be done the first rank sees, which claims the point for as
// long, as `run` does of a sweep's points. Returns the exit code: that of the run; done, too, where there is nothing
// to do; failed where another process has the point. Throws Error(usage) where it has several.
int train_task(const Arguments& arguments, const plugin::Registry& registry, const experiment::Sweep& part,
               const supervision::Link& link, Ranks& ranks);

}  // namespace atelier::cli
