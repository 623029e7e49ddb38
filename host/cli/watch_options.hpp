// How processes that train are watched, as the command line says it.
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "cli/command_line.hpp"
#include "supervision/supervisor.hpp"

namespace atelier::cli {

struct WatchOptions {
  double stall_seconds = std::numeric_limits<double>::infinity();
  uint64_t memory = 0;  // bytes of each process; 0 for no limit
  int64_t retries = 0;
};

// --stall-timeout, --memory-limit, --retries. Throws Error(usage).
WatchOptions watch_options_of(const Arguments& arguments);
std::vector<Option> watch_options();

// One child that has all threads, and prints where we print.
supervision::Rules rules_for_one(const Arguments& arguments, const WatchOptions& watch);

}  // namespace atelier::cli
