#include "cli/sweep_claims.hpp"

#include <fmt/core.h>

#include <filesystem>

#include "base/error.hpp"
#include "base/printable.hpp"
#include "cli/sweep_states.hpp"
#include "cli/terminal.hpp"
#include "runlog/locks.hpp"

namespace atelier::cli {
namespace {

// A lock that can be had is over, and goes with this.
void wait_for_lease(const std::filesystem::path& file, const char* does, supervision::Pulse& pulse) {
  const auto holder = runlog::holder_of(file);
  if (!holder || !holder->elsewhere) {
    return;
  }
  print_message(fmt::format("{}: waiting to see whether {} lives, which {}", printable(file.string()),
                            printable(holder->words()), does));
  try {
    const runlog::Lock over(file, [&] {
      pulse.beat();
      return true;
    });
  } catch (const Error&) {
    if (!runlog::holder_of(file)) {
      throw;
    }
  }
}

}  // namespace

std::filesystem::path claim_path(const Arguments& arguments, const experiment::SweepPoint& point) {
  return std::filesystem::path(arguments.text("out", "runs")) / (".point-" + point.identity);
}

std::optional<runlog::Lock> claim_of(const Arguments& arguments, const experiment::SweepPoint& point) {
  const std::filesystem::path claimed = claim_path(arguments, point);
  std::filesystem::create_directories(claimed.parent_path());
  try {
    return runlog::Lock(claimed);
  } catch (const Error&) {
    if (runlog::holder_of(claimed)) {
      return std::nullopt;
    }
    throw;
  }
}

void wait_for_leases(const Arguments& arguments, const experiment::Sweep& sweep, supervision::Pulse& pulse) {
  PointLogs logs(arguments.words.front(), arguments.text("out", "runs"));
  for (const experiment::SweepPoint& point : sweep.points) {
    wait_for_lease(claim_path(arguments, point), "has the point", pulse);
    const PointState state = logs.state_of(point.identity);
    if (state.kind == PointState::Kind::running) {
      wait_for_lease(state.log, "writes it", pulse);
    }
  }
}

}  // namespace atelier::cli
