#include "cli/scratch_run.hpp"

#include <unistd.h>

#include <string>
#include <utility>

#include "base/error.hpp"
#include "cli/interrupt.hpp"
#include "cli/progress.hpp"
#include "cli/run_options.hpp"

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

std::optional<ScratchRun> make_again(const runlog::Reader& log, const training::Stretch& stretch, int64_t last_step,
                                     const plugin::Registry& registry, const Arguments& arguments) {
  ScratchRun run;
  training::RunOptions options{environment_of(arguments)};
  options.out_directory = run.folder.path();
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
