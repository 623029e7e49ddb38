// How to write a dataset. See the plugins shapes and mnist for whole ones.
#pragma once

#include <atelier/data_spec.hpp>
#include <atelier/description.hpp>
#include <atelier/plugin.hpp>

namespace atelier {

enum class Split { train = ATL_TRAIN, test = ATL_TEST };

// Where one sample is written to, or read from a source: one array for each field, in the fields' order.
class Sample {
 public:
  Sample(atl_context* context, void* const* fields) : context_(context), fields_(fields) {}
  [[nodiscard]] float* reals(size_t field) const { return static_cast<float*>(fields_[field]); }
  [[nodiscard]] int64_t* integers(size_t field) const { return static_cast<int64_t*>(fields_[field]); }
  [[nodiscard]] uint8_t* bytes(size_t field) const { return static_cast<uint8_t*>(fields_[field]); }
  [[nodiscard]] void* const* fields() const { return fields_; }
  void fail(std::string_view message, Location at = {}) const { detail::fail(context_, ATL_ERROR_DATA, message, at); }

 private:
  atl_context* context_;
  void* const* fields_;
};

// The dataset that another one reads from. Copyable; valid as long as the dataset that was given it.
class Source {
 public:
  Source() = default;
  explicit Source(const atl_source* source) : source_(source) {}
  [[nodiscard]] explicit operator bool() const { return source_ != nullptr; }
  [[nodiscard]] std::string name() const { return std::string(detail::view(source_->name)); }
  [[nodiscard]] DataSpec spec() const { return DataSpec(*source_->spec); }
  // Writes one sample of the source: fields[i] has room for its field i. False where it could not be read, which fails
  // `sample` too. Any thread.
  bool read(Split split, int64_t index, void* const* fields, const Sample& sample, Location at = {}) const {
    if (source_->read(source_, static_cast<int32_t>(split), index, fields) == ATL_OK) {
      return true;
    }
    sample.fail("the source could not be read", at);
    return false;
  }
  // Where this dataset has the fields of its source.
  bool read(Split split, int64_t index, const Sample& sample, Location at = {}) const {
    return read(split, index, sample.fields(), sample, at);
  }

 private:
  const atl_source* source_ = nullptr;
};

// The host's hands while a dataset is made. The source stays valid as long as the dataset, all else in the constructor
// only.
class Environment {
 public:
  Environment(atl_context* context, const atl_environment* environment)
      : context_(context), environment_(environment) {}

  [[nodiscard]] std::string base_directory() const { return std::string(detail::view(environment_->base_directory)); }
  [[nodiscard]] std::vector<std::string> data_directories() const {
    std::vector<std::string> out;
    for (uint64_t i = 0; i < environment_->data_directory_count; ++i) {
      out.emplace_back(detail::view(environment_->data_directories[i]));
    }
    return out;
  }
  // The datasets that the experiment gives it: [dataset.source] is called "source", [dataset.sources.NAME] as it says.
  [[nodiscard]] std::vector<Source> sources() const {
    std::vector<Source> out;
    for (uint64_t i = 0; i < environment_->source_count; ++i) {
      out.emplace_back(environment_->sources[i]);
    }
    return out;
  }
  // The one of this name; false where there is none.
  [[nodiscard]] Source source(std::string_view name = "source") const {
    for (const Source& source : sources()) {
      if (source.name() == name) {
        return source;
      }
    }
    return {};
  }
  // Data that is missing or broken: say which file, what was found, what was expected, and how to get it.
  // Ends the constructor, as Builder::fail does.
  void fail(std::string_view message) const {
    detail::fail(context_, ATL_ERROR_DATA, message, detail::nowhere);
    detail::stop();
  }

 private:
  atl_context* context_;
  const atl_environment* environment_;
};

// Derived classes have
//   static void describe(Description& d);
//   Derived(const Settings& settings, const Environment& environment);
// fill in fields, counts and files in the constructor, and end with ATELIER_DATASET("name", Derived).
class Dataset {
 public:
  Dataset() = default;
  Dataset(const Dataset&) = delete;
  Dataset& operator=(const Dataset&) = delete;
  virtual ~Dataset() = default;

  // Writes one sample; the split has one of this index. The same bits whenever it is called, from many threads at once.
  virtual void read(Split split, int64_t index, const Sample& sample) const = 0;
  // The group of a training sample: near-duplicates share one, and a validation split takes whole groups. Any thread.
  virtual int64_t group(int64_t index) const { return index; }

  std::vector<Field> fields;  // Field::image, Field::label, ... in the order in which `read` finds them
  int64_t train_count = 0, test_count = 0;
  std::vector<std::string> files;  // that the samples come from; none where they are made
};

namespace detail {

inline std::vector<atl_string> strings(const std::vector<std::string>& texts) {
  std::vector<atl_string> out;
  for (const std::string& text : texts) {
    out.push_back(string(text));
  }
  return out;
}

struct DatasetHolder {  // what `self` points at: the dataset, and its description for the host
  Owned<Dataset> dataset;
  std::vector<std::vector<atl_string>> class_names, channel_names;  // by field
  std::vector<atl_field> fields;
  std::vector<atl_string> files;
  atl_data_spec spec{};

  explicit DatasetHolder(Dataset* made) : dataset(made) {
    for (const Field& field : dataset->fields) {
      class_names.push_back(strings(field.class_names));
      channel_names.push_back(strings(field.channel_names));
      atl_field out{};
      out.size = sizeof out;
      out.name = string(field.name);
      out.kind = static_cast<atl_kind>(field.kind);
      out.dtype = field.dtype;
      out.dims = field.dims.data();
      out.rank = static_cast<uint32_t>(field.dims.size());
      out.classes = field.classes;
      out.low = field.low;
      out.high = field.high;
      out.class_names = class_names.back().data();  // which moves with the list, its elements stay
      out.class_name_count = class_names.back().size();
      out.channel_names = channel_names.back().data();
      out.channel_name_count = channel_names.back().size();
      out.rate = field.rate;
      out.length_field = string(field.length_field);
      fields.push_back(out);
    }
    for (const std::string& file : dataset->files) {
      files.push_back(string(file));
    }
    spec = {sizeof spec,         fields.data(), fields.size(), dataset->train_count,
            dataset->test_count, files.data(),  files.size()};
  }
};

template <typename T>
ATELIER_OWN inline const atl_dataset_v1 dataset_table = {
    sizeof(atl_dataset_v1),
    [](atl_context* context, const atl_settings* settings, const atl_environment* environment,
       void** self) -> atl_status {
      return guard(context, [&] {
        *self = new DatasetHolder(new T(Settings(context, settings), Environment(context, environment)));
      });
    },
    destroy<DatasetHolder>,
    [](const void* self, const atl_data_spec** spec) -> atl_status {
      *spec = &static_cast<const DatasetHolder*>(self)->spec;
      return ATL_OK;
    },
    [](const void* self, atl_context* context, int32_t split, int64_t index, void* const* fields) -> atl_status {
      return guard(context, [&] {
        const Dataset& dataset = *static_cast<const DatasetHolder*>(self)->dataset;
        const Sample sample(context, fields);
        const int64_t count = split == ATL_TRAIN ? dataset.train_count : dataset.test_count;
        if (index < 0 || index >= count) {
          sample.fail("index " + std::to_string(index) + ", expected 0 to " + std::to_string(count - 1));
        } else {
          dataset.read(static_cast<Split>(split), index, sample);
        }
      });
    },
    [](const void* self, int64_t index, int64_t* group) -> atl_status {
      return guard(nullptr, [&] { *group = static_cast<const DatasetHolder*>(self)->dataset->group(index); });
    }};

}  // namespace detail
}  // namespace atelier

#define ATELIER_DATASET(name, type) \
  ATELIER_REGISTER_(ATL_DATASET_V1, name, "", type, atelier::detail::dataset_table<type>)
