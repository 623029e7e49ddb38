// Datasets that stay open from one experiment to the next, so that those of the same data read and hash it once.
#pragma once

#include <exception>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "plugin/dataset.hpp"

namespace atelier::data {

// A dataset with the hash of its samples.
class OpenDataset {
 public:
  OpenDataset(const plugin::Registry& registry, const plugin::DatasetRecipe& recipe, const std::filesystem::path& base,
              const std::vector<std::filesystem::path>& directories)
      : dataset_(registry, recipe, base, directories) {}

  [[nodiscard]] const plugin::Dataset& dataset() const { return dataset_; }
  // hash_of_samples() of it: whoever asks first waits for it, and what was wrong with a sample then is thrown whenever
  // somebody asks. Any thread.
  [[nodiscard]] const std::string& hash(int threads) const;

 private:
  plugin::Dataset dataset_;
  mutable std::once_flag once_;
  mutable std::string hash_;
  mutable std::exception_ptr failure_;
};

// Each dataset is known by all that it is opened with: the registry, its recipe, and where it looks for files. Files
// that change meanwhile are not looked at again. One thread at a time.
class OpenDatasets {
 public:
  using Paths = std::vector<std::filesystem::path>;

  // Keeps so many open, those that were asked for last.
  explicit OpenDatasets(size_t most_open = 2) : most_open_(most_open) {}

  // As plugin::Dataset opens it, where it isn't open. What cannot be opened is tried again the next time.
  std::shared_ptr<const OpenDataset> open(const plugin::Registry& registry, const plugin::DatasetRecipe& recipe,
                                          const std::filesystem::path& base, const Paths& directories);
  // Its hash, which is kept when it is open no longer.
  const std::string& hash(const plugin::Registry& registry, const plugin::DatasetRecipe& recipe,
                          const std::filesystem::path& base, const Paths& directories, int threads);

 private:
  using Key = std::tuple<const plugin::Registry*, std::string, std::filesystem::path, Paths>;
  size_t most_open_;
  std::vector<std::pair<Key, std::shared_ptr<const OpenDataset>>> open_;  // the last one asked for is the last
  std::map<Key, std::string> hashes_;
};

// From among `shared`, where that is given; otherwise one of its own.
std::shared_ptr<const OpenDataset> open_dataset(const plugin::Registry& registry, const plugin::DatasetRecipe& recipe,
                                                const std::filesystem::path& base,
                                                const std::vector<std::filesystem::path>& directories,
                                                OpenDatasets* shared);

}  // namespace atelier::data
