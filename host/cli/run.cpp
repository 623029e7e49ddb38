// atelier run FILE [key=value ...]
#include "training/run.hpp"

#include <fmt/core.h>

#include "base/error.hpp"
#include "base/printable.hpp"
#include "base/terminal_text.hpp"
#include "cli/interrupt.hpp"
#include "cli/output_file.hpp"
#include "cli/profile.hpp"
#include "cli/program.hpp"
#include "cli/progress.hpp"
#include "cli/run_options.hpp"
#include "cli/sweep.hpp"
#include "cli/terminal.hpp"
#include "cli/verbs.hpp"
#include "experiment/experiment.hpp"
#include "training/summary.hpp"

namespace atelier::cli {
namespace {

using terminal::grouped;

std::string plan_text(const experiment::Experiment& experiment, const training::ModelSummary& summary,
                      const training::RunOptions& options) {
  return fmt::format(
      "would train '{}': {} steps of {} samples from {}, {} parameters, {} threads\n"
      "would log to {}\n",
      experiment.name, grouped(summary.total_steps), grouped(summary.batch_size), grouped(summary.train_count),
      grouped(summary.parameter_count), options.threads, printable((options.out_directory / experiment.name).string()));
}

void report_profile(const training::RunOutcome& outcome, const std::string& trace) {
  if (!outcome.profile) {
    print_message(fmt::format("atelier: {}: no trace, as the run ended before the step that it would show", trace));
    return;
  }
  print("\n" + profile_text(*outcome.profile, output_layout()));
  write_file(trace, trace_json(*outcome.profile));
  print_message(fmt::format("{}: the trace of step {}", trace, outcome.profile->step));
}

int run(const Arguments& arguments) {
  const std::string& file = arguments.words.front();
  const std::string trace = arguments.text("profile", "");
  if (arguments.has("profile")) {
    check_writable(trace);
  }
  const plugin::Registry registry = load_plugins(arguments);
  if (const auto sweep = arguments.has("point") ? std::nullopt : sweep_of(arguments, registry)) {
    return run_sweep(arguments, registry, *sweep);
  }
  if (arguments.has("fail-fast")) {
    throw Error(ErrorKind::usage, "--fail-fast: got a single experiment, expected a sweep");
  }
  const experiment::Experiment experiment = experiment_of(arguments, registry);
  training::RunOptions options{environment_of(arguments, file)};
  if (arguments.has("dry-run")) {
    print(plan_text(experiment, training::summarize(experiment, registry, options), options));
    return exit_done;
  }
  options.profile = arguments.has("profile");
  options.stop = &watch_interrupts();
  training::RunOutcome outcome;
  {
    ProgressPrinter printer;
    outcome = training::run(experiment, registry, options, printer);
  }
  const int code = report_outcome(outcome);
  if (options.profile) {
    report_profile(outcome, trace);
  }
  return code;
}

}  // namespace

Verb run_verb() {
  return {
      "run",
      "FILE [key=value ...]",
      "train an experiment into a new log, or all points of its sweep",
      "Values are TOML literals, keys are dotted as in the file: model.latent=10. A word that is no literal is a "
      "string.\n"
      "Values with commas between them, and no space, make a sweep: model.latent=2,10,20 seed=1,2; so does [sweep] in "
      "the file. A text with a comma is quoted: '\"a,b\"'. Each point is trained in a process of its own; the same "
      "command again trains what is missing or failed, and goes on with what was interrupted.\n"
      "Ctrl-C stops after the current step, with a checkpoint; Ctrl-C again ends at once.\n"
      "--profile looks at the first usual step from the tenth on (one that logs no norms, of a whole batch). The "
      "table's\n"
      "times are summed over the workers, and shares are of all their time; GFLOP/s are a worker's while it "
      "computes.\n"
      "Results don't depend on it.",
      1,
      std::numeric_limits<size_t>::max(),
      with({threads_option(),
            out_option(),
            {"dry-run", "", "check everything, say what would be done, and stop"},
            {"profile", "FILE.json",
             "time one warm step: a table, and a trace for chrome://tracing or ui.perfetto.dev"}},
           sweep_options()),
      run};
}

}  // namespace atelier::cli
