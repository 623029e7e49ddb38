#include "check/recording_check.hpp"

#include <fmt/format.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <map>

#include "base/error.hpp"
#include "base/terminal_text.hpp"
#include "check/trial.hpp"

namespace atelier::check {
namespace {

struct Way {
  bool recorded_in_vain = false;
  bool interrupted = false;  // by an evaluation and samples
};

struct Outcome {
  std::vector<Made> made;
  bool reads = false;  // values, while a training step is recorded
};

// What fails here says so in a check of its own.
void interrupt(Trial& trial) {
  try {
    trial.evaluate();
    trial.sample();
  } catch (const Error&) {
  }
}

Outcome run(const Workplace& workplace, const experiment::Experiment& experiment, int threads, Way way = {}) {
  Trial trial(experiment, workplace, threads);
  for (int64_t step = 1; step <= Trial::steps; ++step) {
    if (way.recorded_in_vain) {
      trial.record_in_vain();
    }
    if (way.interrupted && step == Trial::steps / 2 + 1) {
      interrupt(trial);
    }
    trial.step();
  }
  return {trial.made(), trial.reads_while_training()};
}

std::string words_for(const std::vector<Made>& made) {
  std::string first, last;
  for (const Made& one : made) {
    if (one.name.starts_with("'loss' of step ")) {
      double value = 0;
      std::memcpy(&value, one.bytes.data(), sizeof value);
      last = terminal::number_text(value);
      first = first.empty() ? last : first;
    }
  }
  return fmt::format("{} steps{}", Trial::steps,
                     first.empty() ? "" : fmt::format(", the loss goes from {} to {}", first, last));
}

// The same evaluation twice.
std::string evaluated_twice(const Workplace& workplace, const experiment::Experiment& experiment) {
  Trial trial(experiment, workplace, 2);
  trial.step();
  const data::Subset& subset = trial.setup().data.evaluated_subset();
  const auto values = [&] {
    return trial.setup().evaluator.evaluate(subset, experiment.evaluate.batch_size, inference::MetricsDue::all).values;
  };
  const std::map<std::string, double> first = values(), second = values();
  std::string words;
  for (const auto& [name, value] : first) {
    const auto again = second.find(name);
    if (again == second.end() || std::bit_cast<uint64_t>(again->second) != std::bit_cast<uint64_t>(value)) {
      throw Error(
          ErrorKind::plugin,
          "two evaluations of the same weights give '{}' as {} and {}; hint: it may be recorded more often than "
          "it is asked for, so nothing may change in members or static variables",
          name, value, again == second.end() ? std::nan("") : again->second);
    }
    words += fmt::format("{}{} {}", words.empty() ? "" : ", ", name, terminal::number_text(value));
  }
  if (words.empty()) {
    throw NotRun("it reports nothing");
  }
  return words;
}

std::string equal_bits(const Workplace& workplace, const experiment::Experiment& experiment,
                       const std::vector<Made>& made) {
  if (const std::string differs = difference(made, run(workplace, experiment, 1).made); !differs.empty()) {
    const bool repeats = difference(made, run(workplace, experiment, 2).made).empty();
    throw repeats ? Error(ErrorKind::plugin,
                          "on one thread and on two, {} is another one; hint: what is computed on several threads "
                          "must not depend on how the work is cut, nor on who is done first",
                          differs)
                  : Error(ErrorKind::plugin,
                          "of two equal runs, {} is another one; hint: look for static variables, the clock, "
                          "addresses, random numbers of your own, and memory that is read before it is written",
                          differs);
  }
  return "on one thread and on two";
}

// A read runs what was recorded before it, updates included: such steps cannot be recorded in vain.
std::string pure(const Workplace& workplace, const experiment::Experiment& experiment, const Outcome& plain) {
  const Outcome disturbed = run(workplace, experiment, 2, {.recorded_in_vain = !plain.reads, .interrupted = true});
  if (const std::string differs = difference(plain.made, disturbed.made); !differs.empty()) {
    throw Error(ErrorKind::plugin,
                "where {}evaluations and samples are made between steps, {} is another one; hint: what records may be "
                "called more often than it runs, so what lasts from step to step lives in parameters and state "
                "tensors, and not in members or static variables",
                plain.reads ? "" : "steps are also recorded in vain, and ", differs);
  }
  if (plain.reads) {
    throw NotRun(
        "evaluations and samples between steps change nothing; but train_step reads values, which runs what was "
        "recorded before, so no step can be recorded in vain; hint: step.log() is free");
  }
  return "recorded in vain, nothing changes";
}

}  // namespace

void check_recording(Report& report, const Workplace& workplace, const Tables& tables) {
  const experiment::Experiment experiment = experiment_of(workplace, tables);
  Outcome plain;
  const bool trains = report.run("trains", [&] {
    plain = run(workplace, experiment, 2);
    return words_for(plain.made);
  });
  if (!trains) {
    return;
  }
  report.run("evaluates", [&] { return evaluated_twice(workplace, experiment); });
  report.run("equal bits", [&] { return equal_bits(workplace, experiment, plain.made); });
  report.run("pure", [&] { return pure(workplace, experiment, plain); });
}

}  // namespace atelier::check
