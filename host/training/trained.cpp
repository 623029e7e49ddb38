#include "training/trained.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace atelier::training {
namespace {

ForeignRuns runs_of(const runlog::Reader& reader, const experiment::Experiment& experiment,
                    const plugin::Registry& registry, const RunOptions& options) {
  return [kept = runs_in_log(reader, experiment, registry, options),
          named = runs_by_name(experiment, registry, options), &reader](const std::string& name) {
    const bool is_kept = std::ranges::any_of(reader.description().foreign,
                                             [&](const runlog::ForeignRun& run) { return run.name == name; });
    return is_kept ? kept(name) : named(name);
  };
}

void load_weights(Workbench& bench, const runlog::Reader& reader, Weights weights) {
  if (auto best = weights == Weights::best ? reader.best() : std::nullopt) {
    bench.load(best->weights);
  } else if (auto last = weights != Weights::checkpoint ? reader.final_result() : std::nullopt) {
    bench.load(last->weights);
  } else if (auto checkpoint = reader.newest_checkpoint()) {
    bench.load(checkpoint->weights);
    bench.load_slots(checkpoint->optimizer);
  } else {
    throw Error(ErrorKind::file, "{}: has no weights yet", reader.path().string());
  }
}

}  // namespace

experiment::Experiment experiment_of(const runlog::Reader& reader, const plugin::Registry& registry,
                                     const std::vector<std::string>& overrides) {
  return experiment::parse(reader.description().resolved, reader.path().string() + " (resolved experiment)",
                           reader.description().directory, overrides, registry.descriptions());
}

TrainedModel::TrainedModel(const std::filesystem::path& log, const plugin::Registry& registry,
                           const RunOptions& options, const std::vector<std::string>& overrides, Weights weights)
    : reader_(log),
      experiment_(experiment_of(reader_, registry, overrides)),
      bench_(std::make_unique<Workbench>(experiment_, registry, options,
                                         runs_of(reader_, experiment_, registry, options))) {
  load_weights(*bench_, reader_, weights);
}

ImageStack sample(const std::filesystem::path& log, const plugin::Registry& registry, const RunOptions& options,
                  int64_t count, uint64_t seed, Weights weights) {
  TrainedModel model(log, registry, options, {}, weights);
  if (!model.bench().samples_images()) {
    throw Error(ErrorKind::file, "{}: the model makes no images of 1 or 3 channels; hint: --view shows what it does",
                log.string());
  }
  return model.bench().sample(count, seed);
}

Strips view(const std::filesystem::path& log, const plugin::Registry& registry, const RunOptions& options,
            const std::string& name, int64_t count, uint64_t seed, Weights weights) {
  return TrainedModel(log, registry, options, {}, weights).bench().draw_view(name, count, seed);
}

Measurement evaluate(const std::filesystem::path& log, const plugin::Registry& registry, const RunOptions& options,
                     const std::vector<std::string>& overrides, const std::string& split, Weights weights) {
  TrainedModel model(log, registry, options, overrides, weights);
  Workbench& bench = model.bench();
  const Subsets& subsets = bench.subsets();
  const std::string chosen = !split.empty() ? split : subsets.test.count > 0 ? "test" : "validation";
  const Subset& subset = chosen == "train" ? subsets.train : chosen == "test" ? subsets.test : subsets.validation;
  if (subset.count == 0) {
    throw Error(ErrorKind::usage, "--split: the data has no {} split", chosen);
  }
  SplitMetrics metrics = bench.evaluate(subset, bench.experiment().evaluate.batch_size, MetricsDue::all);
  return {chosen, std::move(metrics.values), std::move(metrics.arrays)};
}

}  // namespace atelier::training
