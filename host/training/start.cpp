#include "training/start.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "execute/average.hpp"
#include "tensor/memory.hpp"

namespace atelier::training {
namespace {

inference::ForeignRun find_source(const Setup& setup, const plugin::Registry& registry,
                                  const inference::Environment& environment) {
  const experiment::Experiment& experiment = setup.experiment;
  try {
    return inference::runs_by_name(experiment, registry, environment)(experiment.start->from);
  } catch (const Error& error) {
    throw Error(error.kind(), located(experiment, "start", "from") + ": " + error.what());  // may have several lines
  }
}

bool is_taken(const experiment::Start& start, const record::Bank& bank, const record::Parameter& parameter) {
  if (!parameter.is_models_own() || start.groups.empty()) {
    return parameter.is_models_own();
  }
  const int32_t group = bank.group_of(parameter);
  return group >= 0 && std::ranges::count(start.groups, bank.groups[static_cast<size_t>(group)].name) > 0;
}

void take(const experiment::Experiment& experiment, const plugin::ForeignModel& source, record::Parameter& parameter) {
  const auto found = source.weights.find(parameter.name);
  if (found != source.weights.end() && found->second.shape == parameter.value.shape &&
      found->second.dtype == parameter.value.dtype) {
    parameter.value.storage = tensor::take_memory(
        [&] {
          return fmt::format("the parameter '{}', {}, of the run to begin with,", parameter.name,
                             tensor::described(parameter.value.shape, parameter.value.dtype));
        },
        "smaller layers", [&] { return tensor::copy_of(found->second.storage); });
    return;
  }
  const std::string& theirs = source.recipe.model.use;
  throw Error(
      ErrorKind::experiment, "{}: '{}' has {} for '{}', expected {}{}", located(experiment, "start", "from"),
      experiment.start->from, found == source.weights.end() ? "no weights" : tensor::to_string(found->second.shape),
      parameter.name, tensor::to_string(parameter.value.shape),
      theirs == experiment.model.use
          ? ""
          : fmt::format("; hint: it is a run of the model '{}', and this is '{}'", theirs, experiment.model.use));
}

}  // namespace

std::string take_start(Setup& setup, const plugin::Registry& registry, const inference::Environment& environment) {
  const auto& start = setup.experiment.start;
  if (!start) {
    return "";
  }
  const inference::ForeignRun source = find_source(setup, registry, environment);
  record::Bank& bank = setup.built.bank();
  ++bank.version;
  for (const auto& parameter : bank.parameters) {
    if (is_taken(*start, bank, *parameter)) {
      take(setup.experiment, source.model, *parameter);
    }
  }
  execute::begin_averages(bank);
  return source.run_id;
}

}  // namespace atelier::training
