#include "cli/scratch_run.hpp"

#include <unistd.h>

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

#include "base/error.hpp"
#include "cli/interrupt.hpp"
#include "cli/progress.hpp"
#include "cli/run_options.hpp"
#include "runlog/locks.hpp"

namespace atelier::cli {
namespace {

namespace fs = std::filesystem;

// Where its log is, and what its evaluations come to, is nobody's business.
class StretchPrinter : public ProgressPrinter {
 public:
  void started(const fs::path& /*log*/, int64_t /*first_step*/) override {}
  void evaluated(int64_t /*step*/, double /*epoch*/, const std::map<std::string, double>& /*metrics*/,
                 bool /*best*/) override {}
};

}  // namespace

ScratchFolder::ScratchFolder() {
  std::string name = (fs::temp_directory_path() / "atelier-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) {
    throw Error(ErrorKind::file, "{}: the folder cannot be made", name);
  }
  path_ = name;
}

ScratchFolder::ScratchFolder(ScratchFolder&& other) noexcept : path_(std::exchange(other.path_, {})) {}

ScratchFolder::~ScratchFolder() {
  if (!path_.empty()) {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
}

fs::path find_ended_log(const std::string& word, const Arguments& arguments) {
  fs::path path = runlog::find_log(word, runlog::Wanted::any, places_of(arguments));
  if (const auto holder = runlog::holder_of(path)) {
    throw Error(ErrorKind::file, "{}: is being written by process {} on {}; hint: wait until the run has ended",
                path.string(), holder->process, holder->host);
  }
  return path;
}

int64_t last_step_of(const runlog::Reader& log) {
  const auto newest = log.newest_checkpoint();
  int64_t last = newest ? newest->step : 0;
  for (const runlog::Cadence& cadence : log.description().cadences) {
    const std::vector<int64_t> steps = log.timing(cadence.name).steps;
    last = std::max(last, steps.empty() ? 0 : steps.back());
  }
  return last;
}

std::optional<runlog::Checkpoint> checkpoint_until(const runlog::Reader& log, int64_t step) {
  if (dropped(log.slimmed(), runlog::Part::optimizer_slots)) {
    return std::nullopt;  // what is left of them is no state to go on from
  }
  const std::vector<int64_t> kept = log.kept_steps();
  const auto after = std::ranges::upper_bound(kept, step);
  const int64_t newest_kept = after == kept.begin() ? -1 : *std::prev(after);
  std::optional<runlog::Checkpoint> newest = log.newest_checkpoint();
  if (newest && newest->step <= step && newest->step > newest_kept) {
    return newest;
  }
  return newest_kept < 0 ? std::nullopt : std::optional(log.kept_checkpoint(newest_kept));
}

std::optional<ScratchRun> make_again(const runlog::Reader& log, const training::Stretch& stretch, int64_t last_step,
                                     const plugin::Registry& registry, const Arguments& arguments) {
  ScratchRun run;
  training::RunOptions options{environment_of(arguments)};
  options.log_directory = run.folder.path();
  options.stop = &watch_interrupts();
  options.last_step = last_step;
  {
    StretchPrinter printer;
    run.outcome = training::run_again(log, stretch, registry, options, printer);
  }
  if (options.stop->asked) {
    return std::nullopt;
  }
  if (!fs::exists(run.outcome.log)) {
    throw Error(ErrorKind::file, "{}: the run again failed before its first step: {}", log.path().string(),
                run.outcome.reason);
  }
  return run;
}

}  // namespace atelier::cli
