// Running a sweep: each point in a process of its own, some of them at a time.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/command_line.hpp"
#include "cli/sweep_message.hpp"
#include "cli/sweep_plan.hpp"
#include "experiment/sweep.hpp"
#include "plugin/registry.hpp"
#include "supervision/supervisor.hpp"

namespace atelier::cli {

// Of the words FILE [key=value ...] and --seeds; nothing where they mean a single experiment. Throws as
// experiment::load_sweep does, and Error(usage).
std::optional<experiment::Sweep> sweep_of(const Arguments& arguments, const plugin::Registry& registry);

// The single experiment that these words mean: the point of the sweep that --point names, where it is given.
experiment::Experiment experiment_of(const Arguments& arguments, const plugin::Registry& registry);

// In a child: looks for what is done, and checks all points that are to be run. Throws Error with what is wrong.
CheckedSweep prepare_sweep(const Arguments& arguments, const plugin::Registry& registry, experiment::Sweep sweep,
                           supervision::Pulse& pulse);

// In the supervisor, which has loaded no plugin: lists all points, with what they cost; or runs what the plan gives
// out, of which the checked points are the first that may come. Both return the exit code.
int list_sweep(supervision::Supervisor& supervisor, const Arguments& arguments, const CheckedSweep& checked);
int run_sweep(supervision::Supervisor& supervisor, const Arguments& arguments, const CheckedSweep& checked,
              SweepPlan& plan);

// What two points have in common that need be checked, or tried, once.
std::string settings_but_for_seeds(const experiment::Experiment& experiment);

Option point_option();
std::vector<Option> sweep_options();  // --seeds, --point, --fail-fast, --jobs

}  // namespace atelier::cli
