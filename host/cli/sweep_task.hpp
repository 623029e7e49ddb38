// A part of a sweep that one of several machines runs.
#pragma once

#include <cstdint>
#include <optional>

#include "cli/command_line.hpp"
#include "experiment/sweep.hpp"
#include "plugin/registry.hpp"

namespace atelier::cli {

// Of N tasks, which are numbered from 0 on as those of a Slurm array usually are, task I has every N-th point from the
// I-th on: dear ones, which often stand together, are shared out.
struct Task {
  int64_t index = 0, count = 1;
};

// "3/12". Throws Error(usage).
Task task_of(const Arguments& arguments);
experiment::Sweep part_of(const experiment::Sweep& sweep, const Task& task);

// A single experiment is a sweep of one point.
experiment::Sweep sweep_or_single(const Arguments& arguments, const plugin::Registry& registry);

// What `run` is to run as a sweep: what --task leaves of it, where that is given; nothing where it is a single
// experiment, as a point that is named is.
std::optional<experiment::Sweep> sweep_to_run(const Arguments& arguments, const plugin::Registry& registry);

Option task_option();

}  // namespace atelier::cli
