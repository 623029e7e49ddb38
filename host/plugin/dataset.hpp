// A dataset from a plugin.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "plugin/component_data.hpp"
#include "plugin/instance.hpp"
#include "plugin/registry.hpp"

struct atl_source;

namespace atelier::plugin {

struct DatasetRecipe {
  std::string use;
  catalog::Settings settings;
  std::map<std::string, std::shared_ptr<const DatasetRecipe>> sources;  // by the names that the dataset knows them by
};

enum class Split : int32_t { train = 0, test = 1 };

class Dataset {
 public:
  // `base`: what relative paths in settings are relative to. Throws Error(data) in the plugin's words.
  Dataset(const Registry& registry, const DatasetRecipe& recipe, const std::filesystem::path& base,
          const std::vector<std::filesystem::path>& data_directories);
  ~Dataset();
  Dataset(const Dataset&) = delete;
  Dataset& operator=(const Dataset&) = delete;

  [[nodiscard]] const catalog::DataSpec& spec() const { return spec_; }
  // Those that its samples are made of, in the order of their names.
  [[nodiscard]] std::vector<const Dataset*> sources() const;
  // Whether it reads files itself, beside what its sources read.
  [[nodiscard]] bool reads_files() const { return reads_files_; }
  // Writes one sample into one array for each field. Any thread, concurrently. Throws Error(data), also for a value
  // that is none of its field's classes.
  void read(Split split, int64_t index, void* const* fields) const;
  // For whoever finds that read() has written where it must not.
  [[noreturn]] void throw_written_outside(Split split, int64_t index, size_t field) const;
  // The group of near-duplicates that a training sample belongs to. Throws Error(data).
  [[nodiscard]] int64_t group(int64_t index) const;

 private:
  struct SourceView;
  [[nodiscard]] std::string name_of_sample(Split split, int64_t index) const;
  atl_status read_bytes(atl_context& context, Split split, int64_t index, void* const* fields) const;
  void check_classes(Split split, int64_t index, void* const* fields) const;
  // Reads the first sample of a split into memory that shows what is written beside it.
  void try_first(Split split) const;

  std::string use_;
  std::vector<std::unique_ptr<SourceView>> sources_;
  const Component& component_;
  const atl_dataset_v1* table_ = nullptr;
  Instance instance_;
  catalog::DataSpec spec_;
  bool reads_files_ = false;
  bool as_bytes_ = false;  // whether a field is
};

}  // namespace atelier::plugin
