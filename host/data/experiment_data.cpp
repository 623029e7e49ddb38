#include "data/experiment_data.hpp"

#include "base/error.hpp"

namespace atelier::data {
namespace {

void check_sizes(const experiment::Experiment& experiment, const Subsets& subsets) {
  if (experiment.train.batch_size > subsets.train.count) {
    throw Error(ErrorKind::experiment, "{}: got {}, expected at most the {} training samples of '{}'",
                located(experiment, "train", "batch_size"), experiment.train.batch_size, subsets.train.count,
                experiment.dataset.use);
  }
  if (subsets.test.count == 0 && subsets.validation.count == 0) {
    throw Error(ErrorKind::data, "dataset '{}': has no test samples; hint: set dataset.validation",
                experiment.dataset.use);
  }
}

}  // namespace

plugin::DatasetRecipe recipe_of(const experiment::Dataset& dataset) {
  plugin::DatasetRecipe out{dataset.use, dataset.settings, {}};
  for (const auto& [name, source] : dataset.sources) {
    out.sources[name] = std::make_shared<const plugin::DatasetRecipe>(recipe_of(*source));
  }
  return out;
}

ExperimentData::ExperimentData(const experiment::Experiment& experiment, const plugin::Registry& registry,
                               const std::vector<std::filesystem::path>& directories, OpenDatasets* shared)
    : dataset_(open_dataset(registry, recipe_of(experiment.dataset), experiment.directory, directories, shared)),
      transforms_(experiment, dataset().spec()),
      subsets_(divide(dataset(), experiment.dataset.validation, static_cast<uint64_t>(experiment.seed))) {
  check_sizes(experiment, subsets_);
}

std::string ExperimentData::refusal(const std::string& field) const {
  const auto found = refusals_.find(field);
  return found == refusals_.end() ? "" : found->second;
}

const Subset& ExperimentData::evaluated_subset() const {
  return subsets_.validation.count > 0 ? subsets_.validation : subsets_.test;
}

}  // namespace atelier::data
