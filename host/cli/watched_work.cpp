#include "cli/watched_work.hpp"

#include "cli/crash.hpp"
#include "cli/program.hpp"
#include "training/run.hpp"

namespace atelier::cli {
namespace {

using supervision::Cause;

Cause cause_of(const std::exception& error) {
  return training::is_lack_of_memory(error) ? Cause::memory : Cause::failed;
}

}  // namespace

int do_watched(const supervision::Link& link, const WatchOptions& watch, const std::function<int()>& work) {
  watch_crashes_for(link.pulse(), watch.stall_seconds);
  const int code =
      report_errors(work, [&](const std::exception& error) { link.pulse().end(cause_of(error), error.what(), false); });
  if (code == exit_done || code == exit_interrupted) {
    link.pulse().end(code == exit_done ? Cause::done : Cause::stopped, "", true);
  }
  return code;
}

}  // namespace atelier::cli
