#include "inference/trained_model.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "inference/identity.hpp"
#include "inference/logged_plugins.hpp"
#include "inference/weights.hpp"
#include "plugin/against_descriptions.hpp"

namespace atelier::inference {
namespace {

const std::vector<catalog::Kind> seen_in_samples = {catalog::Kind::model, catalog::Kind::loss};

}  // namespace

experiment::Experiment experiment_of(const runlog::Reader& reader, const plugin::Registry& registry,
                                     const std::vector<std::string>& overrides) {
  return plugin::against_descriptions(registry, [&] {
    return experiment::parse(reader.description().resolved, reader.path().string() + " (resolved experiment)",
                             reader.description().directory, overrides, registry.descriptions_of_logs(),
                             plugins_of_log(reader.description().provenance.plugins, registry));
  });
}

TrainedModel::TrainedModel(const std::filesystem::path& log, const plugin::Registry& registry,
                           const Environment& environment, const std::vector<std::string>& overrides, WeightsOf weights)
    : registry_(registry),
      environment_(environment),
      reader_(log),
      experiment_(experiment_of(reader_, registry, overrides)),
      model_(experiment_, reader_.description().data, registry, environment,
             runs_in_log_or_by_name(reader_, experiment_, registry, environment)),
      sampler_(model_) {
  load(weights_in(reader_, weights).weights, model_.bank());
}

const data::ExperimentData& TrainedModel::data() {
  if (data_ == nullptr) {
    auto opened = std::make_unique<data::ExperimentData>(experiment_, registry_, environment_.data_directories,
                                                         environment_.datasets);
    refuse_other_classes(reader_, environment_, *opened);
    check_fields(reader_, *opened);
    data_ = std::move(opened);
  }
  return *data_;
}

namespace {

const data::ExperimentData& data_for(TrainedModel& trained, const std::string& view) {
  try {
    return trained.data();
  } catch (const Error& error) {
    throw Error(error.kind(), "--view: '{}' shows samples of the data: {}", view, error.what());
  }
}

}  // namespace

Samples sample(TrainedModel& trained, const plugin::Registry& registry, const Environment& environment, int64_t count,
               uint64_t seed) {
  if (!trained.sampler().makes_samples()) {
    throw Error(ErrorKind::file, "{}: the model makes no samples; hint: --view shows what it does",
                trained.log().path().string());
  }
  inform_of_changes(trained.log(), trained.experiment(), registry, environment, trained.model(), seen_in_samples,
                    nullptr);
  return trained.sampler().sample(count, seed);
}

Samples view(TrainedModel& trained, const plugin::Registry& registry, const Environment& environment,
             const std::string& name, int64_t count, uint64_t seed) {
  const bool shows_data = std::ranges::any_of(trained.model().model().views(), [&](const auto& candidate) {
    return candidate.name == name && candidate.uses_data;
  });
  std::vector<catalog::Kind> kinds = seen_in_samples;
  if (shows_data) {
    kinds.push_back(catalog::Kind::dataset);
  }
  const data::ExperimentData* const data = shows_data ? &data_for(trained, name) : nullptr;
  inform_of_changes(trained.log(), trained.experiment(), registry, environment, trained.model(), kinds, data);
  return trained.sampler().draw_view(name, count, seed, data);
}

Measurement evaluate(const std::filesystem::path& log, const plugin::Registry& registry, const Environment& environment,
                     const std::vector<std::string>& overrides, const std::string& split, WeightsOf weights,
                     const EvaluationProgress& progress) {
  TrainedModel trained(log, registry, environment, overrides, weights);
  const data::Subsets& subsets = trained.data().subsets();
  const std::string chosen = !split.empty() ? split : subsets.test.count > 0 ? "test" : "validation";
  const data::Subset& subset = chosen == "train" ? subsets.train : chosen == "test" ? subsets.test : subsets.validation;
  if (subset.count == 0) {
    throw Error(ErrorKind::usage, "--split: the data has no {} split", chosen);
  }
  Evaluator evaluator(trained.experiment(), registry, trained.data(), trained.model(), trained.sampler());
  std::vector<catalog::Kind> kinds = seen_in_samples;
  kinds.insert(kinds.end(), {catalog::Kind::metric, catalog::Kind::dataset});
  inform_of_changes(trained.log(), trained.experiment(), registry, environment, trained.model(), kinds,
                    &trained.data());
  SplitMetrics metrics =
      evaluator.evaluate(subset, trained.experiment().evaluate.batch_size, MetricsDue::all, progress);
  return {chosen, std::move(metrics.values), std::move(metrics.arrays)};
}

}  // namespace atelier::inference
