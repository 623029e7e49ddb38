// atelier run FILE [key=value ...]
#include <fmt/format.h>

#include "base/error.hpp"
#include "cli/interrupt.hpp"
#include "cli/program.hpp"
#include "cli/progress.hpp"
#include "cli/run_options.hpp"
#include "cli/terminal.hpp"
#include "cli/verbs.hpp"
#include "compare/text.hpp"
#include "experiment/experiment.hpp"

namespace atelier::cli {
namespace {

using compare::grouped;

std::string plan_text(const experiment::Experiment& experiment, const training::ModelSummary& summary,
                      const training::RunOptions& options) {
  return fmt::format(
      "would train '{}': {} steps of {} samples from {}, {} parameters, {} threads\n"
      "would log to {}\n",
      experiment.name, grouped(summary.total_steps), grouped(summary.batch_size), grouped(summary.train_count),
      grouped(summary.parameter_count), options.threads, (options.out_directory / experiment.name).string());
}

int run(const Arguments& arguments) {
  const std::string& file = arguments.words.front();
  const plugin::Registry registry = load_plugins(arguments);
  const experiment::Experiment experiment =
      experiment::load(file, {arguments.words.begin() + 1, arguments.words.end()}, registry.descriptions());
  training::RunOptions options = run_options(arguments, file);
  if (arguments.has("dry-run")) {
    print(plan_text(experiment, training::summarize(experiment, registry, options), options));
    return exit_done;
  }
  options.interrupted = &watch_interrupts();
  training::RunOutcome outcome;
  {
    ProgressPrinter printer;
    outcome = training::run(experiment, registry, options, printer);
  }
  return report_outcome(outcome);
}

}  // namespace

Verb run_verb() {
  return {"run",
          "FILE [key=value ...]",
          "train an experiment into a new log",
          "Values are TOML literals, keys are dotted as in the file: model.latent=10. A word that is no literal is a "
          "string.\n"
          "Ctrl-C stops after the current step, with a checkpoint; Ctrl-C again ends at once.",
          1,
          std::numeric_limits<size_t>::max(),
          {threads_option(), out_option(), {"dry-run", "", "check everything, say what would be done, and stop"}},
          run};
}

}  // namespace atelier::cli
