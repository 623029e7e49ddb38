// Points of a sweep that several machines work at: each is run by one process (runlog/locks.hpp).
#pragma once

#include <filesystem>
#include <optional>

#include "cli/command_line.hpp"
#include "experiment/sweep.hpp"
#include "runlog/locks.hpp"
#include "supervision/pulse.hpp"

namespace atelier::cli {

// In the folder of runs, without the ".lock".
std::filesystem::path claim_path(const Arguments& arguments, const experiment::SweepPoint& point);
// Nothing where another process has the point. Throws Error(file) where the folder cannot be made or written.
std::optional<runlog::Lock> claim_of(const Arguments& arguments, const experiment::SweepPoint& point);

// Before a --task, which has no others to run, begins: waits until it is known of whoever on another machine has one of
// these points, or writes its log, whether he lives. What nobody lives to hold is free then. It takes a heartbeat for
// each that is held, a lease at most. The pulse beats.
void wait_for_leases(const Arguments& arguments, const experiment::Sweep& sweep, supervision::Pulse& pulse);

}  // namespace atelier::cli
