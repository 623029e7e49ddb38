#include "inference/foreign_runs.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "data/experiment_data.hpp"
#include "inference/built_model.hpp"
#include "runlog/path.hpp"

namespace atelier::inference {
namespace {

// The model of another run's experiment, with these weights.
plugin::ForeignModel build_foreign(const std::string& resolved, const std::string& origin,
                                   std::vector<runlog::NamedTensor> weights, const experiment::Experiment& experiment,
                                   const plugin::Registry& registry, const Environment& environment) {
  const experiment::Experiment theirs =
      experiment::parse(resolved, origin, experiment.directory, {}, registry.descriptions());
  const plugin::Dataset dataset(registry, data::recipe_of(theirs.dataset), experiment.directory,
                                environment.data_directories);
  plugin::ForeignModel out{recipe_of(theirs, data::Transforms(theirs, dataset.spec()).spec()), {}};
  for (runlog::NamedTensor& entry : weights) {
    out.weights.emplace(entry.name, std::move(entry.value));
  }
  return out;
}

std::vector<runlog::NamedTensor> final_weights(const runlog::Reader& reader) {
  auto final_result = reader.final_result();
  if (!final_result) {
    throw Error(ErrorKind::file, "{}: has no final weights to take", reader.path().string());
  }
  std::vector<runlog::NamedTensor> out = std::move(final_result->weights.parameters);
  std::ranges::move(final_result->weights.state, std::back_inserter(out));
  return out;
}

}  // namespace

ForeignRuns runs_by_name(const experiment::Experiment& experiment, const plugin::Registry& registry,
                         const Environment& environment) {
  return [&experiment, &registry, environment](const std::string& name) {
    std::filesystem::path path = experiment.directory / name;
    if (!std::filesystem::is_regular_file(path)) {
      path = runlog::newest_finished_log(environment.out_directory, name);
    }
    const runlog::Reader reader(path);
    const runlog::RunDescription& description = reader.description();
    return ForeignRun{
        name, description.run_id, description.resolved,
        build_foreign(description.resolved, path.string(), final_weights(reader), experiment, registry, environment)};
  };
}

ForeignRuns runs_in_log(const runlog::Reader& log, const experiment::Experiment& experiment,
                        const plugin::Registry& registry, const Environment& environment) {
  return [&log, &experiment, &registry, environment](const std::string& name) {
    const std::vector<runlog::ForeignRun>& stored = log.description().foreign;
    const auto found = std::ranges::find(stored, name, &runlog::ForeignRun::name);
    if (found == stored.end()) {
      throw Error(ErrorKind::file, "{}: keeps no weights of the run '{}', which its model asks for",
                  log.path().string(), name);
    }
    return ForeignRun{name, found->run_id, found->resolved,
                      build_foreign(found->resolved, log.path().string(),
                                    log.foreign_weights(static_cast<size_t>(found - stored.begin())), experiment,
                                    registry, environment)};
  };
}

ForeignRuns runs_in_log_or_by_name(const runlog::Reader& log, const experiment::Experiment& experiment,
                                   const plugin::Registry& registry, const Environment& environment) {
  return [kept = runs_in_log(log, experiment, registry, environment),
          named = runs_by_name(experiment, registry, environment), &log](const std::string& name) {
    const bool is_kept =
        std::ranges::any_of(log.description().foreign, [&](const runlog::ForeignRun& run) { return run.name == name; });
    return is_kept ? kept(name) : named(name);
  };
}

}  // namespace atelier::inference
