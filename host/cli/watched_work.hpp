// Work in a child that is watched, on the child's side.
#pragma once

#include <functional>

#include "cli/watch_options.hpp"
#include "supervision/child.hpp"

namespace atelier::cli {

// Prints what `work` throws, says how it ended to the supervisor, and where a crash, exit() or a stall ends it who did
// it. Returns the exit code.
int do_watched(const supervision::Link& link, const WatchOptions& watch, const std::function<int()>& work);

}  // namespace atelier::cli
