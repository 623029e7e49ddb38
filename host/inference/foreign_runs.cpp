#include "inference/foreign_runs.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <optional>

#include "base/error.hpp"
#include "base/terminal_text.hpp"
#include "data/experiment_data.hpp"
#include "inference/built_model.hpp"
#include "inference/foreign_model.hpp"
#include "inference/logged_plugins.hpp"
#include "inference/weights_file.hpp"
#include "plugin/against_descriptions.hpp"
#include "runlog/find.hpp"

namespace atelier::inference {
namespace {

// The model of another run's experiment, which this log has, with these weights; `data` are the samples that it sees,
// where somebody says so.
plugin::ForeignModel build_foreign(const std::string& resolved, const std::optional<catalog::DataSpec>& data,
                                   const runlog::Reader& log, std::vector<runlog::NamedTensor> weights,
                                   const experiment::Experiment& experiment, const plugin::Registry& registry,
                                   const Environment& environment) {
  plugin::ForeignModel out{
      foreign_recipe(resolved, log.path().string(), plugins_of_log(log.description().provenance.plugins, registry),
                     data, experiment, registry, environment),
      {}};
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

// The experiment file beside this one that has this name, or any.
std::string file_of(const std::string& name, const std::filesystem::path& directory) {
  std::error_code ignored;
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(directory, ignored)) {
    if (entry.path().extension() == ".toml" && entry.is_regular_file(ignored)) {
      files.push_back((directory / entry.path().filename()).lexically_normal());
    }
  }
  std::ranges::sort(files);
  for (const std::filesystem::path& file : files) {
    std::ifstream in(file);
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    try {
      const auto values = experiment::flatten(text, file.string());
      if (const auto found = values.find("name"); found != values.end() && terminal::unquoted(found->second) == name) {
        return file.string();
      }
    } catch (const Error&) {  // no experiment that can be run
    }
  }
  return "FILE.toml";
}

std::filesystem::path log_of(const std::string& name, const experiment::Experiment& experiment,
                             const Environment& environment) {
  try {
    return runlog::find_log(name, runlog::Wanted::finished,
                            {environment.out_directory, experiment.directory, environment.inform});
  } catch (const runlog::NoSuchRun& error) {
    const bool usual = environment.out_directory == "runs";
    throw runlog::NoSuchRun(error.kind(), "{}; hint: it has to be run first: atelier run {}{}", error.what(),
                            file_of(name, experiment.directory),
                            usual ? "" : " --out " + environment.out_directory.string());
  }
}

// Empty where it is not in the folder of runs. Of copies of its log, each is as good.
std::filesystem::path log_with_id(const std::string& run_id, const Environment& environment) {
  try {
    for (const runlog::Heading& log :
         runlog::find_headings({run_id}, runlog::OfName::all, {environment.out_directory, {}, {}})) {
      if (log.run_id == run_id) {
        return log.path;
      }
    }
  } catch (const runlog::NoSuchRun&) {  // the name may mean it, or another
  }
  return {};
}

ForeignRun run_of(const std::string& name, const std::filesystem::path& log, const experiment::Experiment& experiment,
                  const plugin::Registry& registry, const Environment& environment) {
  const runlog::Reader reader(log);
  const runlog::RunDescription& description = reader.description();
  return {name, description.run_id, description.resolved,
          build_foreign(description.resolved, description.data, reader, final_weights(reader), experiment, registry,
                        environment)};
}

}  // namespace

plugin::ModelRecipe foreign_recipe(const std::string& resolved, const std::string& where,
                                   const experiment::WhereFrom& where_from,
                                   const std::optional<catalog::DataSpec>& data,
                                   const experiment::Experiment& experiment, const plugin::Registry& registry,
                                   const Environment& environment) {
  const experiment::Experiment theirs = plugin::against_descriptions(registry, [&] {
    return experiment::parse(resolved, where, experiment.directory, {}, registry.descriptions_of_logs(), where_from);
  });
  if (data) {
    return recipe_of(theirs, *data);
  }
  const auto dataset = data::open_dataset(registry, data::recipe_of(theirs.dataset), experiment.directory,
                                          environment.data_directories, environment.datasets);
  return recipe_of(theirs, data::Transforms(theirs, dataset->dataset().spec()).spec());
}

ForeignRun run_by_id_or_name(const std::string& run_id, const std::string& name,
                             const experiment::Experiment& experiment, const plugin::Registry& registry,
                             const Environment& environment) {
  const std::filesystem::path same = log_with_id(run_id, environment);
  return run_of(name, same.empty() ? log_of(name, experiment, environment) : same, experiment, registry, environment);
}

ForeignRuns runs_by_name(const experiment::Experiment& experiment, const plugin::Registry& registry,
                         const Environment& environment) {
  return [&experiment, &registry, environment](const std::string& name) {
    return is_weights_file(name)
               ? run_in_file(name, experiment, registry, environment)
               : run_of(name, log_of(name, experiment, environment), experiment, registry, environment);
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
                      build_foreign(found->resolved, data_in(found->resolved, log.path().string()), log,
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
