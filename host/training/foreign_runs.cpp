// Other runs whose models a run uses.
#include <algorithm>

#include "base/error.hpp"
#include "runlog/reader.hpp"
#include "training/workbench.hpp"

namespace atelier::training {
namespace {

// The model of another run's experiment, with these weights.
plugin::ForeignModel build_foreign(const std::string& resolved, const std::string& origin,
                                   std::vector<runlog::NamedTensor> weights, const experiment::Experiment& experiment,
                                   const plugin::Registry& registry, const RunOptions& options) {
  const experiment::Experiment theirs =
      experiment::parse(resolved, origin, experiment.directory, {}, registry.descriptions());
  const plugin::Dataset data(registry, dataset_recipe(theirs.dataset), experiment.directory, options.data_directories);
  plugin::ForeignModel out{recipe_of(theirs, Transforms(theirs, data.spec()).spec()), {}};
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
                         const RunOptions& options) {
  return [&experiment, &registry, options](const std::string& name) {
    std::filesystem::path path = experiment.directory / name;
    if (!std::filesystem::is_regular_file(path)) {
      path = newest_log(options.out_directory, name);
    }
    const runlog::Reader reader(path);
    const runlog::RunDescription& description = reader.description();
    return ForeignRun{
        name, description.run_id, description.resolved,
        build_foreign(description.resolved, path.string(), final_weights(reader), experiment, registry, options)};
  };
}

ForeignRuns runs_in_log(const runlog::Reader& log, const experiment::Experiment& experiment,
                        const plugin::Registry& registry, const RunOptions& options) {
  return [&log, &experiment, &registry, options](const std::string& name) {
    const std::vector<runlog::ForeignRun>& stored = log.description().foreign;
    const auto found = std::ranges::find(stored, name, &runlog::ForeignRun::name);
    if (found == stored.end()) {
      throw Error(ErrorKind::file, "{}: keeps no weights of the run '{}', which its model asks for",
                  log.path().string(), name);
    }
    return ForeignRun{
        name, found->run_id, found->resolved,
        build_foreign(found->resolved, log.path().string(),
                      log.foreign_weights(static_cast<size_t>(found - stored.begin())), experiment, registry, options)};
  };
}

}  // namespace atelier::training
