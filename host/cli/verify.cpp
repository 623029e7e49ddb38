// atelier verify LOG
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/printable.hpp"
#include "base/terminal_text.hpp"
#include "cli/program.hpp"
#include "cli/run_options.hpp"
#include "cli/scratch_run.hpp"
#include "cli/terminal.hpp"
#include "cli/verbs.hpp"
#include "compare/divergence.hpp"

namespace atelier::cli {
namespace {

// What is made again, and compared.
struct Extent {
  int64_t from = 0;
  int64_t to = 0;
  int64_t rows = 0;    // the last step whose rows are all in the log
  bool whole = false;  // with the newest checkpoint
};

struct Newest {
  int64_t step = 0;
  // A run that was interrupted within an evaluation kept its weights, and has the evaluation still before it.
  bool pending = false;
  bool is_there = true;
};

Newest newest_of(const runlog::Reader& log) {
  const auto checkpoint = log.newest_checkpoint();
  const auto result = log.final_result();
  if (result && dropped(log.slimmed(), runlog::Part::checkpoints)) {
    return {result->step, false, false};
  }
  if (!checkpoint || checkpoint->step == 0) {
    throw Error(ErrorKind::file, "{}: there is no step in it to verify", log.path().string());
  }
  const auto due = checkpoint->trainer.counters.find("due");
  return {checkpoint->step, due != checkpoint->trainer.counters.end() && due->second != 0, true};
}

// What follows the newest checkpoint may not be all there.
Extent extent_of(int64_t from, int64_t to, const Newest& newest) {
  const bool whole = to >= newest.step;
  return {from, std::min(to, newest.step), whole ? newest.step - (newest.pending ? 1 : 0) : to,
          whole && newest.is_there};
}

// From each checkpoint that stays to the next, and from the last to the newest.
std::vector<Extent> between_checkpoints(const runlog::Reader& log, const Newest& newest) {
  log.expect_undropped({runlog::Part::optimizer_slots, runlog::Part::kept, runlog::Part::checkpoints},
                       "run in stretches");
  std::vector<int64_t> steps = log.kept_steps();
  if (steps.empty()) {
    throw Error(ErrorKind::file,
                "{}: keeps no checkpoints to begin from; hint: [checkpoint] keep = N keeps one every N steps of a run, "
                "and atelier verify without --spot needs none",
                log.path().string());
  }
  steps.push_back(newest.step);
  std::vector<Extent> extents;
  for (size_t i = 0; i + 1 < steps.size(); ++i) {
    if (steps[i] < steps[i + 1]) {
      extents.push_back(extent_of(steps[i], steps[i + 1], newest));
    }
  }
  return extents;
}

// So many of them, which nobody can foresee, in their order.
std::vector<Extent> some_of(const std::vector<Extent>& all, int64_t count) {
  std::vector<Extent> chosen;
  std::random_device device;
  std::ranges::sample(all, std::back_inserter(chosen), count, std::mt19937_64(device()));
  return chosen;
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
  std::string rest;
  if (chain.later_rows > 0) {
    rest = fmt::format("; {} rows after that are covered by no hash yet", terminal::grouped(chain.later_rows));
  }
  if (!chain.dropped.empty()) {
    rest += fmt::format("; dropped since, but for their hashes: {}", chain.dropped);
  }
  print(fmt::format("{}: as it was written: {} rows up to step {}, {} checkpoints and results{}\nhead: {}\n", name,
                    terminal::grouped(chain.rows), terminal::grouped(chain.step), terminal::grouped(chain.links), rest,
                    chain.head));
  return exit_done;
}

std::string weights_in(const compare::Agreement& agreement) {
  const std::string kept =
      agreement.kept == 0
          ? ""
          : fmt::format(", {} kept checkpoint{}", terminal::grouped(agreement.kept), agreement.kept == 1 ? "" : "s");
  return fmt::format("{}{}{}{}", kept, agreement.checkpoint ? ", the newest checkpoint" : "",
                     agreement.best ? ", the best weights" : "", agreement.final_weights ? ", the final weights" : "");
}

// Prints what came of it.
int verify_extent(const runlog::Reader& log, const Extent& extent, const plugin::Registry& registry,
                  const Arguments& arguments) {
  training::Stretch stretch;
  std::optional<runlog::Checkpoint> from;
  if (arguments.has("spot")) {  // all else is made from its beginning
    stretch.from = &from.emplace(log.kept_checkpoint(extent.from));
  }
  const std::optional<ScratchRun> run = make_again(log, stretch, extent.to, registry, arguments);
  if (!run) {
    print_message("atelier: interrupted; not all is verified");
    return exit_interrupted;
  }
  const training::RunOutcome& outcome = run->outcome;
  const bool ended_early = outcome.steps < extent.to;
  const compare::Agreement agreement =
      compare::agreement_of(log, runlog::Reader(outcome.log), {extent.from, std::min(extent.rows, outcome.steps)});
  const std::string name = printable(log.path().string());
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
    throw Error(ErrorKind::file, "{}: its newest checkpoint is another one than when this began", log.path().string());
  }
  std::string dropped;
  for (const runlog::Slimming& one : log.slimmed()) {
    dropped += (dropped.empty() ? "; what was dropped of it is not compared: " : ", ") + one.parts;
  }
  print(fmt::format("{}: the same, bit for bit: {} values of steps {} to {}{}{}\n", name,
                    terminal::grouped(agreement.values), terminal::grouped(extent.from + 1),
                    terminal::grouped(extent.rows), weights_in(agreement), dropped));
  return exit_done;
}

void check_verify_options(const Arguments& arguments) {
  std::vector<std::string> given;
  for (const char* option : {"steps", "spot", "chain"}) {
    if (arguments.has(option)) {
      given.push_back(fmt::format("--{}", option));
    }
  }
  if (given.size() > 1) {
    throw Error(ErrorKind::usage, "atelier verify: got {}, expected one of them", fmt::join(given, " and "));
  }
}

int verify(const Arguments& arguments) {
  check_verify_options(arguments);
  const runlog::Reader log(find_ended_log(arguments.words.front(), arguments));
  if (arguments.has("chain")) {
    return verify_chain(log);
  }
  const Newest newest = newest_of(log);
  const std::vector<Extent> extents =
      arguments.has("spot") ? some_of(between_checkpoints(log, newest), arguments.integer("spot", 1, 1))
                            : std::vector{extent_of(0, arguments.integer("steps", newest.step, 1), newest)};
  const plugin::Registry registry = load_plugins(arguments);
  for (const Extent& extent : extents) {
    if (const int code = verify_extent(log, extent, registry, arguments); code != exit_done) {
      return code;
    }
  }
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
       {"spot", "K", "K stretches between checkpoints that stay, chosen at random"},
       {"chain", "", "hold the log against the hashes in it, without running anything"},
       threads_option(),
       out_option()},
      verify};
}

}  // namespace atelier::cli
