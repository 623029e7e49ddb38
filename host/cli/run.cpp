// atelier run FILE [key=value ...]
#include "training/run.hpp"

#include <fmt/core.h>

#include <memory>
#include <optional>

#include "base/error.hpp"
#include "base/printable.hpp"
#include "base/terminal_text.hpp"
#include "cli/halving_plan.hpp"
#include "cli/output_file.hpp"
#include "cli/paired_plan.hpp"
#include "cli/program.hpp"
#include "cli/ranked_task.hpp"
#include "cli/ranked_work.hpp"
#include "cli/run_options.hpp"
#include "cli/supervised_run.hpp"
#include "cli/sweep.hpp"
#include "cli/sweep_claims.hpp"
#include "cli/sweep_message.hpp"
#include "cli/sweep_task.hpp"
#include "cli/terminal.hpp"
#include "cli/train.hpp"
#include "cli/verbs.hpp"
#include "cli/watched_work.hpp"
#include "training/equal_ranks.hpp"
#include "training/summary.hpp"

namespace atelier::cli {
namespace {

using supervision::Link;
using terminal::grouped;

constexpr const char* sweeps_alone =
    "the points of a sweep are runs of their own; several processes train one of them, with its values on the command "
    "line";

std::string plan_text(const experiment::Experiment& experiment, const training::ModelSummary& summary,
                      const inference::Environment& environment) {
  return fmt::format(
      "would train '{}': {} steps of {} samples from {}, {} parameters, {}{} threads\n"
      "would log to {}\n",
      experiment.name, grouped(summary.total_steps), grouped(summary.batch_size), grouped(summary.train_count),
      grouped(summary.parameter_count),
      count_of_ranks() == 1
          ? ""
          : fmt::format("{} ranks of {} shards and ", count_of_ranks(), experiment.train.shards / count_of_ranks()),
      environment.threads, printable((environment.out_directory / experiment.name).string()));
}

// In the child: a single experiment is trained there; of a sweep the supervisor is told.
int run_or_tell(const Arguments& arguments, const Link& link, Ranks* ranks) {
  const plugin::Registry registry = load_plugins(arguments);
  if (arguments.has("until-decided")) {
    link.tell(to_message(paired_sweep(arguments, registry, link.pulse())));
    return exit_done;
  }
  if (const auto sweep = sweep_to_run(arguments, registry)) {
    if (ranks != nullptr && arguments.has("task")) {
      return train_task(arguments, registry, *sweep, link, *ranks);
    }
    expect_alone(arguments.words.front(), sweeps_alone);
    if (arguments.has("task") && !arguments.has("dry-run")) {
      wait_for_leases(arguments, *sweep, link.pulse());
    }
    link.tell(to_message(prepare_sweep(arguments, registry, *sweep, link.pulse())));
    return exit_done;
  }
  for (const char* of_sweeps : {"fail-fast", "jobs"}) {
    if (arguments.has(of_sweeps)) {
      throw Error(ErrorKind::usage, "--{}: got a single experiment, expected a sweep", of_sweeps);
    }
  }
  const experiment::Experiment experiment = experiment_of(arguments, registry);
  if (arguments.has("dry-run")) {
    const inference::Environment environment = environment_of(arguments, arguments.words.front());
    training::expect_divided(experiment, count_of_ranks());
    print(plan_text(experiment, training::summarize(experiment, registry, environment), environment));
    return exit_done;
  }
  return train_new(arguments, registry, experiment, link, Shown::all, std::numeric_limits<int64_t>::max(), ranks);
}

std::unique_ptr<SweepPlan> plan_for(const CheckedSweep& checked) {
  if (checked.pairing) {
    return std::make_unique<PairedPlan>(checked.sweep, *checked.pairing);
  }
  if (checked.halving) {
    return std::make_unique<HalvingPlan>(checked.sweep, *checked.halving);
  }
  return std::make_unique<AllPoints>(checked.sweep);
}

int run(const Arguments& arguments) {
  for (const char* of_pairs : {"between", "budget", "confidence"}) {
    if (arguments.has(of_pairs) && !arguments.has("until-decided")) {
      throw Error(ErrorKind::usage, "--{}: expected --until-decided beside it", of_pairs);
    }
  }
  if (arguments.has("profile")) {
    check_writable(arguments.text("profile", ""));
  }
  const WatchOptions watch = watch_options_of(arguments);
  if (watch.retries > 0) {
    expect_alone("--retries", "atelier resume goes on, with any number of processes");
  }
  if (arguments.has("until-decided")) {
    expect_alone("--until-decided", sweeps_alone);
  }
  std::optional<CheckedSweep> sweep;
  supervision::Supervisor supervisor;
  const int code =
      supervise(supervisor, arguments,
                {[&](const Link& link) {
                   return do_watched(link, watch, [&] {
                     const auto work = [&](Ranks* ranks) { return run_or_tell(arguments, link, ranks); };
                     return arguments.has("dry-run") ? work(nullptr) : work_as_rank(link, work);
                   });
                 },
                 [&](const Link& link, const std::filesystem::path& log) {
                   return do_watched(link, watch, [&] { return train_on(arguments, log, link, Shown::all); });
                 },
                 [&](const std::string& message) { sweep = sweep_of_message(message); }});
  if (!sweep || code != exit_done) {
    return code;
  }
  if (arguments.has("dry-run")) {
    return list_sweep(supervisor, arguments, *sweep);
  }
  const std::unique_ptr<SweepPlan> plan = plan_for(*sweep);
  return run_sweep(supervisor, arguments, *sweep, *plan);
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
      "mpirun -n R atelier run FILE trains it with R processes, of which each computes some of [train] shards "
      "(docs/scaling.md).\n"
      "Ctrl-C stops after the current step, with a checkpoint; Ctrl-C again ends at once.\n"
      "--profile looks at the first usual step from the tenth on (one that logs no norms, of a whole batch). The "
      "table's\n"
      "times are summed over the workers, and shares are of all their time; GFLOP/s are a worker's while it "
      "computes.\n"
      "Results don't depend on it.",
      1,
      std::numeric_limits<size_t>::max(),
      with(with({threads_option(),
                 out_option(),
                 allow_changes_option(),
                 task_option(),
                 {"dry-run", "", "check everything, say what would be done, and stop"},
                 {"profile", "FILE.json",
                  "time one warm step: a table, and a trace for chrome://tracing or ui.perfetto.dev"}},
                watch_options()),
           with(sweep_options(), pairing_options())),
      run};
}

}  // namespace atelier::cli
