// An experiment's data as its model sees it: a dataset, transformed and scaled, and divided into its splits.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "data/open_datasets.hpp"
#include "data/split.hpp"
#include "data/transforms.hpp"
#include "experiment/experiment.hpp"

namespace atelier::data {

plugin::DatasetRecipe recipe_of(const experiment::Dataset& dataset);

class ExperimentData {
 public:
  // `directories`: where datasets look for their files first. `shared`: where its dataset is open for others too; null
  // for one of its own. Throws Error for data that cannot be had, and for settings that do not fit it.
  ExperimentData(const experiment::Experiment& experiment, const plugin::Registry& registry,
                 const std::vector<std::filesystem::path>& directories, OpenDatasets* shared = nullptr);
  ExperimentData(const ExperimentData&) = delete;
  ExperimentData& operator=(const ExperimentData&) = delete;

  [[nodiscard]] const plugin::Dataset& dataset() const { return dataset_->dataset(); }
  // hash_of_samples() of it. Reads all samples, the first time.
  [[nodiscard]] const std::string& hash_of_dataset(int threads) const { return dataset_->hash(threads); }
  [[nodiscard]] const Transforms& transforms() const { return transforms_; }
  [[nodiscard]] const catalog::DataSpec& spec() const { return transforms_.spec(); }  // of the model's samples
  [[nodiscard]] const Subsets& subsets() const { return subsets_; }

  // Nobody who records may have this field from now on; `reason` is what they are told.
  void refuse(const std::string& field, const std::string& reason) { refusals_[field] = reason; }
  [[nodiscard]] std::string refusal(const std::string& field) const;  // "" where there is none

  // What evaluations during training look at: the validation split, or the test split where none is cut off.
  [[nodiscard]] const Subset& evaluated_subset() const;
  // Whether the test split is looked at once more, when training is done.
  [[nodiscard]] bool evaluates_test_apart() const { return subsets_.validation.count > 0 && subsets_.test.count > 0; }

 private:
  std::shared_ptr<const OpenDataset> dataset_;
  Transforms transforms_;
  Subsets subsets_;
  std::map<std::string, std::string> refusals_;  // by field
};

}  // namespace atelier::data
