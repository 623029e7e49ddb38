#include "plugin/dataset.hpp"

#include <atelier/abi.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>

#include "base/error.hpp"
#include "base/floating_point.hpp"
#include "plugin/activity.hpp"
#include "plugin/context.hpp"
#include "tensor/memory.hpp"
#include "tensor/storage.hpp"

namespace atelier::plugin {
namespace {

// Memory for one field, with more before and behind it that nobody may write to: as much as the field itself, so that
// what is written as doubles, or with a channel too many, does not leave it.
class GuardedMemory {
 public:
  explicit GuardedMemory(size_t bytes)
      : guard_(tensor::aligned(std::max(bytes, least_guard))), memory_(guard_ + bytes + guard_) {
    std::ranges::fill(all(), untouched);
  }
  [[nodiscard]] std::byte* data() const { return memory_.data() + guard_; }
  [[nodiscard]] bool is_intact() const {
    const auto is_untouched = [](std::byte byte) { return byte == untouched; };
    return std::ranges::all_of(all().first(guard_), is_untouched) &&
           std::ranges::all_of(all().last(guard_), is_untouched);
  }

 private:
  static constexpr size_t least_guard = 4096;
  static constexpr std::byte untouched{0xa5};
  [[nodiscard]] std::span<std::byte> all() const { return {memory_.data(), memory_.size()}; }
  size_t guard_;
  tensor::Storage memory_;
};

}  // namespace

// One dataset as another one sees it.
struct Dataset::SourceView {
  std::string name;
  Dataset dataset;
  AbiDataSpec spec;
  atl_source table;
  static thread_local std::string failure;  // the last one on this thread: the contract has no place for its words

  SourceView(std::string its_name, const Registry& registry, const DatasetRecipe& recipe,
             const std::filesystem::path& base, const std::vector<std::filesystem::path>& data_directories)
      : name(std::move(its_name)),
        dataset(registry, recipe, base, data_directories),
        spec(dataset.spec()),
        table{sizeof(atl_source), this, borrow(name), spec.get(), read} {}

  static atl_status read(const atl_source* source, int32_t split, int64_t index, void* const* fields) {
    try {
      static_cast<const SourceView*>(source->host_data)->dataset.read(static_cast<Split>(split), index, fields);
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
    : use_(recipe.use),
      component_(registry.get(catalog::Kind::dataset, recipe.use)),
      table_(&registry.dataset(recipe.use)),
      instance_(component_, table_->destroy) {
  std::vector<const atl_source*> sources;
  for (const auto& [name, source] : recipe.sources) {
    sources_.push_back(std::make_unique<SourceView>(name, registry, *source, base, data_directories));
    sources.push_back(&sources_.back()->table);
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
                                    sources.data(),          sources.size()};
  atl_context context;
  context.stage = fmt::format("dataset '{}'", use_);
  context.phase.size = sizeof context.phase;
  context.phase.phase = ATL_PHASE_DATA;
  const AbiSettings settings(recipe.settings);
  const Activity activity(component_, "constructor", &context);
  const atl_status status = table_->create(&context, settings.get(), &environment, instance_.created());
  reset_floating_point();
  context.check(status);
  const atl_data_spec* spec = nullptr;
  context.check(table_->spec(instance_.self(), &spec));
  try {
    spec_ = to_data_spec(spec);
  } catch (const Error& error) {
    throw Error(ErrorKind::plugin, "{}: {}", context.stage, error.what());
  }
  reads_files_ = !spec_.files.empty();
  as_bytes_ = std::ranges::any_of(spec_.fields, &catalog::FieldSpec::as_bytes);
  for (const Dataset* source : this->sources()) {  // what a sample is made of, too
    spec_.files.insert(spec_.files.end(), source->spec().files.begin(), source->spec().files.end());
  }
  try_first(Split::train);
  try_first(Split::test);
}

Dataset::~Dataset() = default;

std::vector<const Dataset*> Dataset::sources() const {
  std::vector<const Dataset*> out;
  for (const auto& source : sources_) {
    out.push_back(&source->dataset);
  }
  return out;
}

void Dataset::read(Split split, int64_t index, void* const* fields) const {
  atl_context context;
  context.phase.phase = ATL_PHASE_DATA;
  const Activity activity(component_, "read", &context, index);
  SourceView::failure.clear();  // of a read that another dataset has got over
  const atl_status status = as_bytes_
                                ? read_bytes(context, split, index, fields)
                                : table_->read(instance_.self(), &context, static_cast<int32_t>(split), index, fields);
  if (status != ATL_OK || context.failed()) {
    context.stage = name_of_sample(split, index);
    if (std::string source = std::exchange(SourceView::failure, {}); !source.empty()) {
      context.explain(": " + source);
    }
    context.check(status);
  }
  check_classes(split, index, fields);
}

// Bytes go to the end of their place, and become reals from its beginning on.
atl_status Dataset::read_bytes(atl_context& context, Split split, int64_t index, void* const* fields) const {
  std::array<void*, catalog::max_fields> places{};
  for (size_t f = 0; f < spec_.fields.size(); ++f) {
    const catalog::FieldSpec& field = spec_.fields[f];
    const auto elements = static_cast<size_t>(field.dims.elements());
    places[f] = field.as_bytes ? static_cast<std::byte*>(fields[f]) + elements * (sizeof(float) - 1) : fields[f];
  }
  const atl_status status = table_->read(instance_.self(), &context, static_cast<int32_t>(split), index, places.data());
  constexpr double most = 255;
  for (size_t f = 0; f < spec_.fields.size() && status == ATL_OK; ++f) {
    const catalog::FieldSpec& field = spec_.fields[f];
    const auto* bytes = static_cast<const uint8_t*>(places[f]);
    auto* reals = static_cast<float*>(fields[f]);
    const auto low = static_cast<float>(field.low), step = static_cast<float>((field.high - field.low) / most);
    for (int64_t i = 0; field.as_bytes && i < field.dims.elements(); ++i) {
      const auto value = static_cast<float>(bytes[i]);  // read before a real is written over it
      reals[i] = low + step * value;
    }
  }
  return status;
}

std::string Dataset::name_of_sample(Split split, int64_t index) const {
  return fmt::format("dataset '{}', {} sample {}", use_, split == Split::train ? "training" : "test", index);
}

void Dataset::check_classes(Split split, int64_t index, void* const* fields) const {
  for (size_t f = 0; f < spec_.fields.size(); ++f) {
    const catalog::FieldSpec& field = spec_.fields[f];
    if (field.classes == 0) {
      continue;
    }
    const std::span values(static_cast<const int64_t*>(fields[f]), static_cast<size_t>(field.dims.elements()));
    const auto classes = static_cast<uint64_t>(field.classes);
    // All of them without a branch, which vectorizes: a negative one is a large one.
    bool right = true;
    for (const int64_t value : values) {
      right &= static_cast<uint64_t>(value) < classes;
    }
    if (!right) {
      const auto wrong =
          std::ranges::find_if(values, [&](int64_t value) { return static_cast<uint64_t>(value) >= classes; });
      const std::string element = values.size() == 1 ? "" : fmt::format("[{}]", wrong - values.begin());
      throw Error(ErrorKind::data, "{}: the field '{}'{} is {}, expected 0 to {}: it has {} classes",
                  name_of_sample(split, index), field.name, element, *wrong, field.classes - 1, field.classes);
    }
  }
}

void Dataset::try_first(Split split) const {
  if ((split == Split::train ? spec_.train_count : spec_.test_count) == 0) {
    return;
  }
  std::vector<GuardedMemory> memory;
  std::vector<void*> places;
  for (const catalog::FieldSpec& field : spec_.fields) {
    memory.push_back(tensor::take_memory(
        [&] {
          return fmt::format("{}: the field '{}' of a sample, {}, with a guard on both sides,",
                             name_of_sample(split, 0), field.name,
                             tensor::described(field.dims, field.dtype, catalog::axes_of(field)));
        },
        "smaller samples",
        [&] { return GuardedMemory(static_cast<size_t>(field.dims.elements()) * tensor::size_of(field.dtype)); }));
    places.push_back(memory.back().data());
  }
  read(split, 0, places.data());
  for (size_t f = 0; f < memory.size(); ++f) {
    if (!memory[f].is_intact()) {
      throw_written_outside(split, 0, f);
    }
  }
}

void Dataset::throw_written_outside(Split split, int64_t index, size_t f) const {
  const catalog::FieldSpec& field = spec_.fields[f];
  throw Error(ErrorKind::data, "{}: was written outside of the field '{}', which has the shape {} of {}",
              name_of_sample(split, index), field.name, tensor::to_string(field.dims), tensor::name_of(field.dtype));
}

int64_t Dataset::group(int64_t index) const {
  int64_t out = index;
  const Activity activity(component_, "group", nullptr, index);
  const atl_status status = table_->group(instance_.self(), index, &out);
  reset_floating_point();
  if (status != ATL_OK) {
    throw Error(ErrorKind::data, "dataset '{}', training sample {}: its group is not known", use_, index);
  }
  return out;
}

}  // namespace atelier::plugin
