// Running a sweep: each point in a process of its own, one after the other.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/command_line.hpp"
#include "experiment/sweep.hpp"
#include "plugin/registry.hpp"

namespace atelier::cli {

// Of the words FILE [key=value ...] and --seeds; nothing where they mean a single experiment. Throws as
// experiment::load_sweep does, and Error(usage).
std::optional<experiment::Sweep> sweep_of(const Arguments& arguments, const plugin::Registry& registry);

// The single experiment that these words mean: the point of the sweep that --point names, where it is given.
experiment::Experiment experiment_of(const Arguments& arguments, const plugin::Registry& registry);

// Checks all points that are to be run, and runs them, or with --dry-run lists all. Returns the exit code.
int run_sweep(const Arguments& arguments, const plugin::Registry& registry, const experiment::Sweep& sweep);

Option point_option();
std::vector<Option> sweep_options();  // --seeds, --point, --fail-fast

}  // namespace atelier::cli
