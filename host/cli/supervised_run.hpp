// One run, in a child that is watched.
#pragma once

#include <functional>
#include <string>

#include "cli/watch_options.hpp"

namespace atelier::cli {

// What the child is for: `work`, or where it is to go on after a sudden end, with --retries, `go_on` from the run's
// log.
struct SupervisedRun {
  std::function<int(const supervision::Link&)> work;
  std::function<int(const supervision::Link&, const std::filesystem::path& log)> go_on;
  // Told what the child says that is no event of a run.
  std::function<void(const std::string& message)> told{};
};

// Runs it; returns the exit code. A process that a signal ends, as a plugin's crash does, is imitated: then this one
// ends so, too.
int supervise(supervision::Supervisor& supervisor, const Arguments& arguments, const SupervisedRun& run);

}  // namespace atelier::cli
