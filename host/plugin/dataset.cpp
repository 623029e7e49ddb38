#include "plugin/dataset.hpp"

#include <atelier/abi.h>

#include <cstddef>

#include "base/error.hpp"
#include "base/floating_point.hpp"
#include "plugin/context.hpp"

namespace atelier::plugin {

// One dataset as another one sees it.
struct Dataset::SourceView {
  atl_source table;  // first, so that the plugin's pointer leads back here
  const Dataset* dataset;
  AbiDataSpec spec;
  static thread_local std::string failure;  // the last one on this thread: the contract has no place for its words

  explicit SourceView(const Dataset& source)
      : table{sizeof(atl_source), nullptr, read}, dataset(&source), spec(source.spec()) {
    table.spec = spec.get();
  }

  static atl_status read(const atl_source* source, int32_t split, int64_t index, void* const* fields) {
    try {
      reinterpret_cast<const SourceView*>(source)->dataset->read(static_cast<Split>(split), index, fields);
      return ATL_OK;
    } catch (const std::exception& error) {
      failure = error.what();
      return ATL_ERROR_DATA;
    }
  }
};

thread_local std::string Dataset::SourceView::failure;

Dataset::Dataset(const Registry& registry, const DatasetRecipe& recipe, const std::filesystem::path& base,
                 const std::vector<std::filesystem::path>& data_directories)
    : use_(recipe.use), table_(&registry.dataset(recipe.use)), instance_(table_->destroy) {
  static constexpr atl_source no_source{};
  if (recipe.source) {
    source_ = std::make_unique<Dataset>(registry, *recipe.source, base, data_directories);
    source_view_ = std::make_unique<SourceView>(*source_);
  }
  const std::string base_text = base.string();
  std::vector<std::string> texts;
  for (const auto& directory : data_directories) {
    texts.push_back(directory.string());
  }
  std::vector<atl_string> views;
  for (const std::string& text : texts) {
    views.push_back(borrow(text));
  }
  const atl_environment environment{sizeof(atl_environment), borrow(base_text), views.data(), views.size(),
                                    source_view_ ? &source_view_->table : &no_source};
  atl_context context;
  context.stage = fmt::format("dataset '{}'", use_);
  context.phase.size = sizeof context.phase;
  context.phase.phase = ATL_PHASE_DATA;
  const AbiSettings settings(recipe.settings);
  const atl_status status = table_->create(&context, settings.get(), &environment, instance_.created());
  reset_floating_point();
  context.check(status);
  const atl_data_spec* spec = nullptr;
  context.check(table_->spec(instance_.self(), &spec));
  spec_ = to_data_spec(*spec);
  reads_files_ = !spec_.files.empty();
  if (source_) {  // what a sample is made of, too
    spec_.files.insert(spec_.files.end(), source_->spec().files.begin(), source_->spec().files.end());
  }
}

Dataset::~Dataset() = default;

void Dataset::read(Split split, int64_t index, void* const* fields) const {
  atl_context context;
  context.phase.phase = ATL_PHASE_DATA;
  const atl_status status = table_->read(instance_.self(), &context, static_cast<int32_t>(split), index, fields);
  if (status != ATL_OK || context.failure != ATL_OK) {
    context.stage = fmt::format("dataset '{}', {} sample {}", use_, split == Split::train ? "training" : "test", index);
    if (std::string source = std::exchange(SourceView::failure, {}); !source.empty()) {
      context.failure_message += ": " + source;
    }
    context.check(status);
  }
}

int64_t Dataset::group(int64_t index) const {
  if (table_->size < offsetof(atl_dataset_v1, group) + sizeof table_->group) {
    return index;  // a plugin from before there were groups
  }
  int64_t out = index;
  const atl_status status = table_->group(instance_.self(), index, &out);
  reset_floating_point();
  if (status != ATL_OK) {
    throw Error(ErrorKind::data, "dataset '{}', training sample {}: its group is not known", use_, index);
  }
  return out;
}

}  // namespace atelier::plugin
