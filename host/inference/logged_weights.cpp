#include "inference/logged_weights.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

#include "base/error.hpp"
#include "base/terminal_text.hpp"
#include "experiment/experiment.hpp"

namespace atelier::inference {
namespace {

// A checkpoint's weights, with their moving averages, which lie beside them, in their place.
LoggedWeights averaged(runlog::Checkpoint checkpoint) {
  LoggedWeights out{WeightsOf::checkpoint, checkpoint.step, {}};
  for (runlog::NamedTensor& parameter : checkpoint.weights.parameters) {
    const auto average =
        std::ranges::find(checkpoint.optimizer, parameter.name + ".average", &runlog::NamedTensor::name);
    if (average != checkpoint.optimizer.end()) {
      parameter.value = std::move(average->value);
      out.are_averages = true;
    }
  }
  out.weights = std::move(checkpoint.weights);
  return out;
}

// The number that chooses the best weights.
std::string metric_of(const runlog::Reader& log) {
  const auto settings = experiment::flatten(log.description().resolved, log.path().string() + " (resolved experiment)");
  const auto found = settings.find("evaluate.metric");
  return found == settings.end() ? "loss" : terminal::unquoted(found->second);
}

LoggedWeights best_in(const runlog::Reader& log, std::string_view option) {
  // A run whose evaluations have no best one keeps no best weights: what it has is not what was asked for.
  if (log.description().best_metric.empty()) {
    throw Error(
        ErrorKind::file,
        "{}: keeps no best weights: of '{}', its evaluate.metric, neither larger nor smaller values are better; "
        "hint: leave out {} for the final ones, or train with a metric of quality in evaluate.metric",
        log.path().string(), metric_of(log), option);
  }
  if (auto best = log.best()) {
    return {WeightsOf::best, best->step, std::move(best->weights), false};
  }
  throw Error(ErrorKind::file,
              "{}: has no best weights yet, as no evaluation has given a finite '{}'; hint: {} checkpoint",
              log.path().string(), metric_of(log), option);
}

runlog::Checkpoint newest_checkpoint_in(const runlog::Reader& log) {
  if (auto checkpoint = log.newest_checkpoint()) {
    return std::move(*checkpoint);
  }
  log.expect_undropped({runlog::Part::checkpoints}, "looked at");
  throw Error(ErrorKind::file, "{}: has no weights yet", log.path().string());
}

}  // namespace

std::string_view name_of(WeightsOf which) {
  return which == WeightsOf::best ? "best" : which == WeightsOf::final ? "final" : "checkpoint";
}

LoggedWeights weights_in(const runlog::Reader& log, WeightsOf which, std::string_view option) {
  if (which == WeightsOf::best) {
    return best_in(log, option);
  }
  if (auto last = which != WeightsOf::checkpoint ? log.final_result() : std::nullopt) {
    return {WeightsOf::final, last->step, std::move(last->weights), false};
  }
  return averaged(newest_checkpoint_in(log));
}

LoggedWeights exact_weights_in(const runlog::Reader& log, WeightsOf which, std::string_view option) {
  if (which == WeightsOf::checkpoint) {
    runlog::Checkpoint checkpoint = newest_checkpoint_in(log);
    return {which, checkpoint.step, std::move(checkpoint.weights), false};
  }
  LoggedWeights found = weights_in(log, which, option);
  if (found.which != which) {
    throw Error(
        ErrorKind::file,
        "{}: has no final weights, as the run is {}; hint: {} checkpoint has those of its newest checkpoint, of "
        "step {}, and atelier resume goes on with the run",
        log.path().string(), runlog::to_string(log.status()), option, found.step);
  }
  return found;
}

std::string to_text(const LoggedWeights& weights) {
  return weights.are_averages ? fmt::format("the averages of the checkpoint at step {}", weights.step)
                              : fmt::format("the {} weights of step {}", name_of(weights.which), weights.step);
}

}  // namespace atelier::inference
