#include "data/open_datasets.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "data/hash.hpp"

namespace atelier::data {
namespace {

// Other recipes have other texts: texts in them are quoted.
std::string text_of(const plugin::DatasetRecipe& recipe) {
  std::string out = recipe.use + "(";
  for (const auto& [name, value] : recipe.settings) {
    out += fmt::format("{}={},", name, catalog::to_string(value));
  }
  for (const auto& [name, source] : recipe.sources) {
    out += fmt::format("{}:{},", catalog::to_string(name), text_of(*source));
  }
  return out + ")";
}

}  // namespace

const std::string& OpenDataset::hash(int threads) const {
  std::call_once(once_, [&] {
    try {
      hash_ = hash_of_samples(dataset_, threads);
    } catch (...) {
      failure_ = std::current_exception();
    }
  });
  if (failure_) {
    std::rethrow_exception(failure_);
  }
  return hash_;
}

std::shared_ptr<const OpenDataset> OpenDatasets::open(const plugin::Registry& registry,
                                                      const plugin::DatasetRecipe& recipe,
                                                      const std::filesystem::path& base, const Paths& directories) {
  Key key{&registry, text_of(recipe), base, directories};
  const auto found = std::ranges::find(open_, key, [](const auto& one) -> const Key& { return one.first; });
  if (found != open_.end()) {
    std::rotate(found, found + 1, open_.end());
    return open_.back().second;
  }
  if (open_.size() == most_open_) {  // closed before the next one takes memory
    open_.erase(open_.begin());
  }
  return open_.emplace_back(std::move(key), open_dataset(registry, recipe, base, directories, nullptr)).second;
}

const std::string& OpenDatasets::hash(const plugin::Registry& registry, const plugin::DatasetRecipe& recipe,
                                      const std::filesystem::path& base, const Paths& directories, int threads) {
  Key key{&registry, text_of(recipe), base, directories};
  const auto found = hashes_.find(key);
  return found != hashes_.end()
             ? found->second
             : hashes_.emplace(std::move(key), open(registry, recipe, base, directories)->hash(threads)).first->second;
}

std::shared_ptr<const OpenDataset> open_dataset(const plugin::Registry& registry, const plugin::DatasetRecipe& recipe,
                                                const std::filesystem::path& base,
                                                const std::vector<std::filesystem::path>& directories,
                                                OpenDatasets* shared) {
  return shared != nullptr ? shared->open(registry, recipe, base, directories)
                           : std::make_shared<const OpenDataset>(registry, recipe, base, directories);
}

}  // namespace atelier::data
