// atelier resume LOG
#include "cli/interrupt.hpp"
#include "cli/progress.hpp"
#include "cli/run_options.hpp"
#include "cli/verbs.hpp"

namespace atelier::cli {
namespace {

int resume(const Arguments& arguments) {
  training::RunOptions options{environment_of(arguments)};
  const std::filesystem::path log =
      runlog::find_log(arguments.words.front(), runlog::Wanted::resumable, places_of(arguments));
  const plugin::Registry registry = load_plugins(arguments);
  options.stop = &watch_interrupts();
  training::RunOutcome outcome;
  {
    ProgressPrinter printer;
    outcome = training::resume(log, registry, options, printer);
  }
  return report_outcome(outcome);
}

}  // namespace

Verb resume_verb() {
  return {
      "resume",
      "LOG",
      "go on where a run stopped, in the same log",
      "Of a folder or an experiment's name, the newest run that stopped before its end. A run whose data, plugins or\n"
      "class names have changed since goes on with --allow-changes only, and its log keeps what changed.",
      1,
      1,
      {threads_option(), allow_changes_option(), out_option()},
      resume};
}

}  // namespace atelier::cli
