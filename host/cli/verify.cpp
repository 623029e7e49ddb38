// atelier verify LOG
#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <string>

#include "base/error.hpp"
#include "base/printable.hpp"
#include "base/terminal_text.hpp"
#include "cli/interrupt.hpp"
#include "cli/program.hpp"
#include "cli/progress.hpp"
#include "cli/run_options.hpp"
#include "cli/terminal.hpp"
#include "cli/verbs.hpp"
#include "compare/divergence.hpp"
#include "runlog/locks.hpp"
#include "training/run.hpp"

namespace atelier::cli {
namespace {

namespace fs = std::filesystem;

// A folder that ends with the verb.
class ScratchFolder {
 public:
  ScratchFolder() {
    std::string name = (fs::temp_directory_path() / "atelier-verify-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) {
      throw Error(ErrorKind::file, "{}: the folder cannot be made", name);
    }
    path_ = name;
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  ~ScratchFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  [[nodiscard]] const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

// Up to where the log is compared.
struct Extent {
  int64_t step = 0;    // that the run again ends with
  int64_t rows = 0;    // the last step whose rows are all in the log
  bool whole = false;  // with the weights of its newest checkpoint
};

// What follows the newest checkpoint may not be all there. A run that was interrupted within an evaluation kept its
// weights, and has the evaluation still before it.
Extent extent_of(const runlog::Reader& log, const Arguments& arguments) {
  const auto checkpoint = log.newest_checkpoint();
  if (!checkpoint || checkpoint->step == 0) {
    throw Error(ErrorKind::file, "{}: there is no step in it to verify", log.path().string());
  }
  const int64_t step = std::min(checkpoint->step, arguments.integer("steps", checkpoint->step, 1));
  const auto due = checkpoint->trainer.counters.find("due");
  const bool pending = step == checkpoint->step && due != checkpoint->trainer.counters.end() && due->second != 0;
  return {step, pending ? step - 1 : step, step == checkpoint->step};
}

std::string weights_in(const compare::Agreement& agreement) {
  return fmt::format("{}{}{}", agreement.checkpoint ? ", the newest checkpoint" : "",
                     agreement.best ? ", the best weights" : "", agreement.final_weights ? ", the final weights" : "");
}

// The log held against its own hashes; nothing is run.
int verify_chain(const runlog::Reader& log) {
  const runlog::Chain chain = log.chain();
  const std::string name = printable(log.path().string());
  if (!chain.there) {
    throw Error(ErrorKind::file,
                "{}: was written by an earlier version, which kept no hashes of what it logged; hint: "
                "atelier verify without --chain runs it again",
                name);
  }
  for (const std::string& fault : chain.faults) {
    print(fmt::format("{}: {}\n", name, fault));
  }
  if (!chain.faults.empty()) {
    return exit_differs;
  }
  const std::string later = chain.later_rows == 0 ? ""
                                                  : fmt::format("; {} rows after that are covered by no hash yet",
                                                                terminal::grouped(chain.later_rows));
  print(fmt::format("{}: as it was written: {} rows up to step {}, {} checkpoints and results{}\nhead: {}\n", name,
                    terminal::grouped(chain.rows), terminal::grouped(chain.step), terminal::grouped(chain.links), later,
                    chain.head));
  return exit_done;
}

int verify(const Arguments& arguments) {
  const fs::path path = runlog::find_log(arguments.words.front(), runlog::Wanted::any, places_of(arguments));
  if (const auto holder = runlog::holder_of(path)) {
    throw Error(ErrorKind::file, "{}: is being written by process {} on {}; hint: a run is verified once it has ended",
                path.string(), holder->process, holder->host);
  }
  const runlog::Reader log(path);
  if (arguments.has("chain")) {
    if (arguments.has("steps")) {
      throw Error(ErrorKind::usage, "--steps: expected without --chain, which runs nothing");
    }
    return verify_chain(log);
  }
  const Extent extent = extent_of(log, arguments);
  const plugin::Registry registry = load_plugins(arguments);
  const ScratchFolder folder;
  training::RunOptions options{environment_of(arguments)};
  options.out_directory = folder.path();
  options.stop = &watch_interrupts();
  options.last_step = extent.step;
  training::RunOutcome outcome;
  {
    ProgressPrinter printer;
    outcome = training::run_again(log, registry, options, printer);
  }
  if (options.stop->asked) {
    print_message("atelier: interrupted; nothing is verified");
    return exit_interrupted;
  }
  if (!fs::exists(outcome.log)) {
    throw Error(ErrorKind::file, "{}: the run again failed before its first step: {}", path.string(), outcome.reason);
  }
  const bool ended_early = outcome.steps < extent.step;
  const compare::Agreement agreement =
      compare::agreement_of(log, runlog::Reader(outcome.log), std::min(extent.rows, outcome.steps));
  const std::string name = printable(path.string());
  if (agreement.divergence) {
    const compare::Divergence& found = *agreement.divergence;
    print(fmt::format("{}: differs from step {} on: {}: the log has {}, the run again {}{}\n", name,
                      terminal::grouped(found.step), found.what, found.first, found.second,
                      ended_early ? "; the run again failed: " + outcome.reason : ""));
    return exit_differs;
  }
  if (ended_early) {
    print_message(fmt::format("atelier: error: {}: the run again failed after step {}, the same until then: {}", name,
                              terminal::grouped(outcome.steps), outcome.reason));
    return exit_failed;
  }
  if (extent.whole && !agreement.checkpoint) {
    throw Error(ErrorKind::file, "{}: its newest checkpoint is another one than when this began", path.string());
  }
  print(fmt::format("{}: the same, bit for bit: {} values of steps 1 to {}{}\n", name,
                    terminal::grouped(agreement.values), terminal::grouped(extent.rows), weights_in(agreement)));
  return exit_done;
}

}  // namespace

Verb verify_verb() {
  return {
      "verify",
      "LOG",
      "run the experiment again from its log alone, and compare every bit",
      "Metrics, tensors, samples, checkpoints and weights up to the newest checkpoint, but not times. What the run\n"
      "is made from that has changed is said before it begins. Exit code 3 where they differ.",
      1,
      1,
      {{"steps", "N", "the first N steps alone"},
       {"chain", "", "hold the log against the hashes in it, without running anything"},
       threads_option(),
       out_option()},
      verify};
}

}  // namespace atelier::cli
