#include "cli/train.hpp"

#include <fmt/core.h>

#include <memory>

#include "base/error.hpp"
#include "cli/interrupt.hpp"
#include "cli/output_file.hpp"
#include "cli/profile.hpp"
#include "cli/program.hpp"
#include "cli/progress.hpp"
#include "cli/run_options.hpp"
#include "cli/run_reporter.hpp"
#include "cli/terminal.hpp"
#include "training/run.hpp"

namespace atelier::cli {
namespace {

using supervision::Cause;
using supervision::Link;

void report_profile(const training::RunOutcome& outcome, const std::string& trace) {
  if (!outcome.profile) {
    print_message(fmt::format("atelier: {}: no trace, as the run ended before the step that it would show", trace));
    return;
  }
  print("\n" + profile_text(*outcome.profile, output_layout()));
  write_file(trace, trace_json(*outcome.profile));
  print_message(fmt::format("{}: the trace of step {}", trace, outcome.profile->step));
}

training::RunOptions options_for(const Arguments& arguments, const Link& link, int64_t last_step, Ranks* ranks) {
  training::RunOptions options{environment_of(arguments, arguments.words.front())};
  options.threads = link.threads();
  options.ranks = ranks;
  options.stop = &watch_interrupts();
  options.last_step = last_step;
  options.stops_there = last_step != std::numeric_limits<int64_t>::max();
  return options;
}

void tell_end(const training::RunOutcome& outcome, const Link& link) {
  if (outcome.status == runlog::Status::failed) {
    link.pulse().end(outcome.lacked_memory ? Cause::memory : Cause::failed, outcome.reason.c_str(), true);
  } else if (outcome.status == runlog::Status::stopped) {
    link.pulse().end(Cause::paused, "", true);
  }
  link.tell(to_json_line(event_of(outcome)));
}

// One of several ranks that has no log and no spectators: that something moves is all that is told of it.
class Follower : public training::Observer {
 public:
  explicit Follower(const Link& link) : link_(link) {}
  void started(const std::filesystem::path& /*log*/, int64_t /*first_step*/) override { link_.pulse().beat(); }
  void progress(const training::Progress& /*progress*/) override { link_.pulse().beat(); }
  void evaluated(int64_t /*step*/, double /*epoch*/, const std::map<std::string, double>& /*metrics*/,
                 bool /*best*/) override {
    link_.pulse().beat();
  }
  void message(std::string_view /*text*/) override {}

 private:
  const Link& link_;
};

int follow(const Link& link, const std::function<training::RunOutcome(training::Observer&)>& train) {
  Follower follower(link);
  const training::RunOutcome outcome = train(follower);
  if (outcome.status == runlog::Status::failed) {
    throw Error(outcome.lacked_memory ? ErrorKind::memory : ErrorKind::internal, "{}", outcome.reason);
  }
  return exit_code_of(outcome);
}

int report(const Arguments& arguments, const training::RunOutcome& outcome) {
  if (outcome.status == runlog::Status::stopped) {
    return exit_done;  // where it was told to: whoever told it knows
  }
  if (!arguments.has("json-lines")) {
    return report_outcome(outcome);
  }
  if (outcome.status == runlog::Status::failed) {
    print_message(fmt::format("atelier: error: the run failed: {}", outcome.reason));
  }
  return exit_code_of(outcome);
}

template <typename Train>
training::RunOutcome watched(const Link& link, Shown shown, const Train& train) {
  if (shown == Shown::all) {
    ProgressPrinter printer;
    RunReporter reporter(link, printer);
    return train(reporter);
  }
  WarningPrinter printer;
  RunReporter reporter(link, printer);
  return train(reporter);
}

}  // namespace

int train_new(const Arguments& arguments, const plugin::Registry& registry, const experiment::Experiment& experiment,
              const Link& link, Shown shown, int64_t last_step, Ranks* ranks) {
  training::RunOptions options = options_for(arguments, link, last_step, ranks);
  options.profile = arguments.has("profile");
  const auto train = [&](training::Observer& observer) {
    return training::run(experiment, registry, options, observer);
  };
  if (ranks != nullptr && !ranks->is_first()) {
    return follow(link, train);
  }
  const training::RunOutcome outcome = watched(link, shown, train);
  tell_end(outcome, link);
  const int code = report(arguments, outcome);
  if (options.profile) {
    report_profile(outcome, arguments.text("profile", ""));
  }
  return code;
}

int train_on(const Arguments& arguments, const std::filesystem::path& log, const Link& link, Shown shown,
             int64_t last_step, Ranks* ranks) {
  const plugin::Registry registry = load_plugins(arguments);
  const training::RunOptions options = options_for(arguments, link, last_step, ranks);
  const auto train = [&](training::Observer& observer) { return training::resume(log, registry, options, observer); };
  if (ranks != nullptr && !ranks->is_first()) {
    return follow(link, train);
  }
  const training::RunOutcome outcome = watched(link, shown, train);
  tell_end(outcome, link);
  return report(arguments, outcome);
}

}  // namespace atelier::cli
