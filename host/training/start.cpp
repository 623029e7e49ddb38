#include "training/start.hpp"

#include <algorithm>
#include <sstream>
#include <string_view>

#include "base/error.hpp"
#include "base/printable.hpp"
#include "execute/average.hpp"
#include "runlog/find.hpp"
#include "tensor/memory.hpp"
#include "training/start_file.hpp"

namespace atelier::training {
namespace {

inference::ForeignRun find_source(const Setup& setup, const plugin::Registry& registry,
                                  const inference::Environment& environment, const runlog::RunDescription* then) {
  const experiment::Experiment& experiment = setup.experiment;
  const std::string& name = experiment.start->from;
  const std::string id = then != nullptr ? then->provenance.start_run_id : "";
  try {
    return id.empty() ? inference::runs_by_name(experiment, registry, environment)(name)
                      : inference::run_by_id_or_name(id, name, experiment, registry, environment);
  } catch (const runlog::NoSuchRun& error) {
    if (id.empty()) {
      throw Error(error.kind(), located(experiment, "start", "from") + ": " + error.what());
    }
    throw Error(error.kind(),
                "{}: '{}': neither this run is in '{}', nor the one whose weights the run began with, {}; hint: bring "
                "it back, or say with --out where it is; {}",
                located(experiment, "start", "from"), name, environment.out_directory.string(), id, without_start);
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

StartedWith take_run(Setup& setup, const plugin::Registry& registry, const inference::Environment& environment,
                     const runlog::RunDescription* then) {
  const inference::ForeignRun source = find_source(setup, registry, environment, then);
  for (const auto& parameter : setup.built.bank().parameters) {
    if (is_taken(*setup.experiment.start, setup.built.bank(), *parameter)) {
      take(setup.experiment, source.model, *parameter);
    }
  }
  StartedWith out;
  out.run_id = source.run_id;
  return out;
}

constexpr std::string_view only_model = "the model's: ", only_file = "the file's: ";

}  // namespace

std::string StartedWith::left_out_text() const {
  std::string text;
  for (const std::string& name : only_model_has) {
    text += fmt::format("{}{}\n", only_model, printable(name));
  }
  for (const std::string& name : only_file_has) {
    text += fmt::format("{}{}\n", only_file, printable(name));
  }
  return text;
}

StartedWith started_with(const runlog::Provenance& provenance) {
  StartedWith out;
  out.run_id = provenance.start_run_id;
  out.file_sha256 = provenance.start_file_sha256;
  std::istringstream lines(provenance.start_left_out);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(only_model)) {
      out.only_model_has.push_back(line.substr(only_model.size()));
    } else if (line.starts_with(only_file)) {
      out.only_file_has.push_back(line.substr(only_file.size()));
    }
  }
  return out;
}

StartedWith take_start(Setup& setup, const plugin::Registry& registry, const inference::Environment& environment,
                       const runlog::RunDescription* then) {
  const auto& start = setup.experiment.start;
  if (!start) {
    return {};
  }
  record::Bank& bank = setup.built.bank();
  ++bank.version;
  StartedWith out =
      is_start_file(start->from)
          ? take_file(
                setup, [&](const record::Parameter& parameter) { return is_taken(*start, bank, parameter); }, then)
          : take_run(setup, registry, environment, then);
  execute::begin_averages(bank);
  return out;
}

}  // namespace atelier::training
