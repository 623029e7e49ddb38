// atelier diff LOG LOG
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/printable.hpp"
#include "base/terminal_table.hpp"
#include "cli/program.hpp"
#include "cli/run_options.hpp"
#include "cli/scratch_run.hpp"
#include "cli/terminal.hpp"
#include "cli/verbs.hpp"
#include "compare/comparison.hpp"
#include "compare/divergence.hpp"
#include "training/looks.hpp"

namespace atelier::cli {
namespace {

namespace fs = std::filesystem;
using compare::Divergence;

struct Interrupted {};

// One of the two runs, which is trained again from state to state.
class Run {
 public:
  Run(const fs::path& path, const plugin::Registry& registry, const Arguments& arguments)
      : log_(path), registry_(registry), arguments_(arguments) {}

  [[nodiscard]] const runlog::Reader& log() const { return log_; }

  // The state after a step, from an earlier one; null: from the log alone.
  [[nodiscard]] runlog::Checkpoint state_after(int64_t step, const runlog::Checkpoint* from) {
    training::Stretch stretch;
    stretch.from = from;
    stretch.steps_only = true;
    return std::move(*runlog::Reader(again(stretch, step).outcome.log).newest_checkpoint());
  }

  // All that there is to see of a step, and after it.
  [[nodiscard]] std::vector<runlog::NamedTensor> looks_at(int64_t step, const runlog::Checkpoint& from) {
    std::vector<runlog::NamedTensor> seen;
    const auto take = [&](const std::string& name, const tensor::Tensor& value) {
      seen.push_back(training::copy_of(name, value));
    };
    training::Stretch stretch;
    stretch.from = &from;
    stretch.steps_only = true;
    stretch.look = take;
    const ScratchRun run = again(stretch, step);
    training::look_at(*runlog::Reader(run.outcome.log).newest_checkpoint(), take);
    return seen;
  }

  // The first thing in which these steps of the log are not what they give again; from that state, which is the log's.
  [[nodiscard]] std::optional<Divergence> differs_from_again(const runlog::Checkpoint& from, int64_t until) {
    training::Stretch stretch;
    stretch.from = &from;
    const ScratchRun run = again(stretch, until);
    return compare::agreement_of(log_, runlog::Reader(run.outcome.log), {from.step, until}).divergence;
  }

 private:
  ScratchRun again(const training::Stretch& stretch, int64_t step) {
    std::optional<ScratchRun> run = make_again(log_, stretch, step, registry_, arguments_);
    if (!run) {
      throw Interrupted();
    }
    if (run->outcome.steps < step) {
      throw Error(ErrorKind::file, "{}: step {} was not reached again: {}", log_.path().string(), step,
                  run->outcome.reason);
    }
    return std::move(*run);
  }

  runlog::Reader log_;
  const plugin::Registry& registry_;
  const Arguments& arguments_;
};

std::string divergence_text(const Divergence& found) {
  return fmt::format("{}: {} and {}", found.what, found.first, found.second);
}

// The first of what both steps have, in the first run's order, that is not the same.
std::optional<Divergence> first_difference(int64_t step, const std::vector<runlog::NamedTensor>& first,
                                           const std::vector<runlog::NamedTensor>& second) {
  for (const auto& [name, value] : first) {
    const auto other = std::ranges::find(second, name, &runlog::NamedTensor::name);
    if (other == second.end()) {
      return Divergence{step, name, tensor::to_string(value.shape), "nothing"};
    }
    if (auto found = compare::divergence_of(step, name, value, other->value)) {
      return found;
    }
  }
  return std::nullopt;
}

// Of the checkpoints that stay in both before `step`, the newest that is the same; nullopt where none is.
std::optional<int64_t> newest_equal(const runlog::Reader& first, const runlog::Reader& second, int64_t step) {
  if (dropped(first.slimmed(), runlog::Part::optimizer_slots) ||
      dropped(second.slimmed(), runlog::Part::optimizer_slots)) {
    return std::nullopt;
  }
  std::vector<int64_t> both;
  std::ranges::set_intersection(first.kept_steps(), second.kept_steps(), std::back_inserter(both));
  std::erase_if(both, [&](int64_t kept) { return kept >= step; });
  // Once they have parted they stay so.
  const auto parted = std::ranges::partition_point(both, [&](int64_t kept) {
    return !compare::divergence_of(first.kept_checkpoint(kept), second.kept_checkpoint(kept));
  });
  return parted == both.begin() ? std::nullopt : std::optional(*std::prev(parted));
}

// Trains both again from two states that are the same, up to the step after which they are not: the first tensor of
// that step.
Divergence where_they_part(Run& first, Run& second, runlog::Checkpoint a, runlog::Checkpoint b, int64_t parted) {
  while (parted - a.step > 1) {
    const int64_t middle = a.step + (parted - a.step) / 2;
    runlog::Checkpoint a_then = first.state_after(middle, &a);
    runlog::Checkpoint b_then = second.state_after(middle, &b);
    if (compare::divergence_of(a_then, b_then)) {
      parted = middle;
    } else {
      a = std::move(a_then);
      b = std::move(b_then);
    }
  }
  auto found = first_difference(parted, first.looks_at(parted, a), second.looks_at(parted, b));
  if (!found) {  // in what only counts
    found = compare::divergence_of(first.state_after(parted, &a), second.state_after(parted, &b));
  }
  ATELIER_CHECK(found.has_value());
  return *found;
}

void print_settings(const std::vector<compare::Difference>& differences) {
  if (differences.empty()) {
    return print("settings: the same\n");
  }
  terminal::TextTable table{{{"setting"}, {"first"}, {"second"}}, {}};
  for (const compare::Difference& difference : differences) {
    table.add({{difference.key, terminal::Emphasis::strong}, {difference.values[0]}, {difference.values[1]}});
  }
  print(terminal::to_text(table, output_layout()));
}

std::string divergence_text(const Divergence& found, const Run& of) {
  return fmt::format("{}: step {}: {}: the log has {}, the run again {}\n", printable(of.log().path().string()),
                     terminal::grouped(found.step), found.what, found.first, found.second);
}

// The settings that can be why logs of the same steps differ: "log.every (1 and 3), log.weights (0 and 2)".
std::string settings_of_logs(const std::vector<compare::Difference>& differences) {
  constexpr std::array sections{"log.", "evaluate.", "sample.", "checkpoint.", "metric."};
  const auto text = [](const std::string& value) { return value.empty() ? "none" : value; };
  std::vector<std::string> named;
  for (const compare::Difference& difference : differences) {
    if (std::ranges::any_of(sections, [&](const char* section) { return difference.key.starts_with(section); })) {
      named.push_back(
          fmt::format("{} ({} and {})", difference.key, text(difference.values[0]), text(difference.values[1])));
    }
  }
  return fmt::format("{}", fmt::join(named, ", "));
}

// Of two runs that are the same when they are made again: which log is not what its run gives here.
int blame_logs(Run& first, Run& second, const runlog::Checkpoint& a, const runlog::Checkpoint& b, int64_t until,
               const std::vector<compare::Difference>& differences) {
  print(fmt::format("made again here, both are the same in every step up to {}\n", terminal::grouped(until)));
  bool blamed = false;
  for (auto& [run, from] : {std::pair(&first, &a), std::pair(&second, &b)}) {
    if (const auto found = run->differs_from_again(*from, until)) {
      print(divergence_text(*found, *run));
      blamed = true;
    }
  }
  if (!blamed) {
    const std::string settings = settings_of_logs(differences);
    print(fmt::format(
        "both logs are what their runs give: they differ in what was logged, evaluated or sampled, not in the "
        "steps{}{}\n",
        settings.empty() ? "" : ": by ", settings));
  }
  return exit_differs;
}

int search(Run& first, Run& second, int64_t recorded, const std::vector<compare::Difference>& differences) {
  const std::optional<int64_t> kept = newest_equal(first.log(), second.log(), recorded);
  runlog::Checkpoint a = kept ? first.log().kept_checkpoint(*kept) : first.state_after(0, nullptr);
  runlog::Checkpoint b = kept ? second.log().kept_checkpoint(*kept) : second.state_after(0, nullptr);
  if (const auto found = compare::divergence_of(a, b)) {
    print(fmt::format("made again: they part before the first step: {}\n", divergence_text(*found)));
    return exit_differs;
  }
  const runlog::Checkpoint a_end = first.state_after(recorded, &a);
  const runlog::Checkpoint b_end = second.state_after(recorded, &b);
  if (!compare::divergence_of(a_end, b_end)) {
    return blame_logs(first, second, a, b, recorded, differences);
  }
  const Divergence found = where_they_part(first, second, std::move(a), std::move(b), recorded);
  print(fmt::format("made again: the same after step {}; in step {} they part: {}\n", terminal::grouped(found.step - 1),
                    terminal::grouped(found.step), divergence_text(found)));
  return exit_differs;
}

int diff(const Arguments& arguments) {
  const fs::path first_path = find_ended_log(arguments.words[0], arguments);
  const fs::path second_path = find_ended_log(arguments.words[1], arguments);
  const plugin::Registry registry = load_plugins(arguments);
  Run first(first_path, registry, arguments);
  Run second(second_path, registry, arguments);
  print(fmt::format("first:  {}\nsecond: {}\n", printable(first_path.string()), printable(second_path.string())));
  const std::vector<compare::Difference> differences =
      compare::compare({compare::read_run(first_path), compare::read_run(second_path)}).differences;
  print_settings(differences);
  const int64_t last = std::min(last_step_of(first.log()), last_step_of(second.log()));
  const compare::Agreement recorded = compare::agreement_of(first.log(), second.log(), {0, last});
  if (!recorded.divergence) {
    print(fmt::format("recorded: the same, bit for bit: {} values of steps 1 to {}\n",
                      terminal::grouped(recorded.values), terminal::grouped(last)));
    return exit_done;
  }
  print(fmt::format("recorded: from step {} on: {}\n", terminal::grouped(recorded.divergence->step),
                    divergence_text(*recorded.divergence)));
  try {
    return search(first, second, recorded.divergence->step > 0 ? recorded.divergence->step : last, differences);
  } catch (const Interrupted&) {
    print_message("atelier: interrupted");
    return exit_interrupted;
  }
}

}  // namespace

Verb diff_verb() {
  return {"diff",
          "LOG LOG",
          "the first step and the first tensor in which two runs part",
          "First what the logs have: the settings that differ, and the first step that does. Then both are made again "
          "from\n"
          "the newest checkpoint that is the same in both ([checkpoint] keep), until one step is left, and all of that "
          "step\n"
          "is looked at: activations, logged values, gradients, weights. Exit code 3 where they part.",
          2,
          2,
          {threads_option(), out_option()},
          diff};
}

}  // namespace atelier::cli
