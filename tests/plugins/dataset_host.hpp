// The least host that can load a plugin and make its datasets: it connects, fills in defaults, and keeps the first
// failure.
#pragma once

#include <atelier/abi.h>
#include <dlfcn.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace atelier::testing {

using Setting = std::variant<int64_t, double, std::string, std::vector<int64_t>, std::vector<double>>;
using SettingValues = std::map<std::string, Setting>;

inline std::string_view view(atl_string text) {
  return {text.data, text.size};
}
inline atl_string to_abi(std::string_view text) {
  return {text.data(), text.size()};
}

// What an atl_context of this host points at.
struct Failure {
  std::mutex lock;
  atl_status status = ATL_OK;
  std::string message;  // empty where nothing failed

  atl_context* context() { return reinterpret_cast<atl_context*>(this); }
};

// The last line that a plugin had for the user.
inline std::string& informed() {
  static std::string line;
  return line;
}

inline const atl_core* fake_core() {
  static const atl_core core = [] {
    atl_core table{};
    table.size = sizeof table;
    table.fail = [](atl_context* context, atl_status status, atl_string message, atl_location) {
      auto& failure = *reinterpret_cast<Failure*>(context);
      const std::lock_guard<std::mutex> guard(failure.lock);
      if (failure.status == ATL_OK) {
        failure.status = status;
        failure.message = std::string(view(message));
      }
    };
    table.inform = [](atl_string line) { informed() = std::string(view(line)); };
    table.operation = [](atl_string, atl_operation*) -> atl_status { return ATL_ERROR_UNSUPPORTED; };
    return table;
  }();
  return &core;
}

struct Sample {
  std::vector<float> image;  // (C, H, W)
  int64_t label = -1;

  bool operator==(const Sample&) const = default;
};

// All fields of one sample, by name.
struct FieldValues {
  std::map<std::string, std::vector<float>, std::less<>> reals;
  std::map<std::string, std::vector<int64_t>, std::less<>> integers;

  bool operator==(const FieldValues&) const = default;
};

// A dataset that was made, or the failure that came of it.
class MadeDataset {
 public:
  MadeDataset(const atl_dataset_v1* table, const atl_settings& settings, const atl_environment& environment)
      : table_(table), failure_(std::make_unique<Failure>()) {
    const atl_status status = table_->create(failure_->context(), &settings, &environment, &self_);
    if (status != ATL_OK && failure_->status == ATL_OK) {
      failure_->message = "create gave status " + std::to_string(status) + " without a message";
    }
    if (self_ != nullptr) {
      table_->spec(self_, &spec_);
    }
  }
  MadeDataset(MadeDataset&& other) noexcept
      : table_(other.table_), failure_(std::move(other.failure_)), self_(other.self_), spec_(other.spec_) {
    other.self_ = nullptr;
  }
  MadeDataset(const MadeDataset&) = delete;
  MadeDataset& operator=(const MadeDataset&) = delete;
  MadeDataset& operator=(MadeDataset&&) = delete;
  ~MadeDataset() {
    if (self_ != nullptr) {
      table_->destroy(self_);
    }
  }

  [[nodiscard]] const std::string& error() const { return failure_->message; }
  [[nodiscard]] atl_status status() const { return failure_->status; }
  [[nodiscard]] const atl_data_spec& spec() const { return *spec_; }
  [[nodiscard]] std::vector<int64_t> image_dims() const {
    return {spec_->fields[0].dims, spec_->fields[0].dims + spec_->fields[0].rank};
  }

  // Any thread. A failed read shows in error().
  [[nodiscard]] Sample read(int32_t split, int64_t index) const {
    Sample sample;
    size_t elements = 1;
    for (const int64_t length : image_dims()) {
      elements *= static_cast<size_t>(length);
    }
    sample.image.resize(elements, -1.0F);
    void* const fields[] = {sample.image.data(), &sample.label};
    read_into(split, index, fields);
    return sample;
  }
  [[nodiscard]] int64_t group(int64_t index) const {
    int64_t group = -1;
    table_->group(self_, index, &group);
    return group;
  }
  [[nodiscard]] FieldValues read_fields(int32_t split, int64_t index) const {
    FieldValues out;
    std::vector<void*> places;
    for (uint64_t i = 0; i < spec_->field_count; ++i) {
      const atl_field& field = spec_->fields[i];
      size_t elements = 1;
      for (uint32_t axis = 0; axis < field.rank; ++axis) {
        elements *= static_cast<size_t>(field.dims[axis]);
      }
      const std::string name(view(field.name));
      if (field.dtype == ATL_FLOAT32) {
        places.push_back(out.reals.emplace(name, std::vector<float>(elements, -7.0F)).first->second.data());
      } else {
        places.push_back(out.integers.emplace(name, std::vector<int64_t>(elements, -7)).first->second.data());
      }
    }
    read_into(split, index, places.data());
    return out;
  }
  atl_status read_into(int32_t split, int64_t index, void* const* fields) const {
    return table_->read(self_, failure_->context(), split, index, fields);
  }

 private:
  const atl_dataset_v1* table_;
  std::unique_ptr<Failure> failure_;
  void* self_ = nullptr;
  const atl_data_spec* spec_ = nullptr;
};

// What a dataset sees of another one.
struct SourceOf {
  atl_source table;

  explicit SourceOf(const MadeDataset& made)
      : table{sizeof table, const_cast<MadeDataset*>(&made), to_abi("source"), &made.spec(),
              [](const atl_source* source, int32_t split, int64_t index, void* const* fields) -> atl_status {
                return static_cast<const MadeDataset*>(source->host_data)->read_into(split, index, fields);
              }} {}
};

class DatasetHost {
 public:
  // The host of a library, which is loaded at the first call and stays so: a plugin is connected once in a process.
  static const DatasetHost& of(const char* library) {
    static std::map<std::string, DatasetHost> hosts;
    return hosts.try_emplace(library, library).first->second;
  }

  explicit DatasetHost(const char* library) : DatasetHost(entry_of(library)) {}

  // The host of a plugin that is in this program.
  explicit DatasetHost(decltype(&atelier_plugin) entry) {
    const atl_host host{sizeof host,
                        nullptr,
                        ATL_ABI_MAJOR,
                        ATL_ABI_MINOR,
                        to_abi("test"),
                        [](const atl_host*, uint32_t, uint32_t, uint32_t, const atl_core** core) -> atl_status {
                          *core = fake_core();
                          return ATL_OK;
                        }};
    plugin_.size = sizeof plugin_;
    if (entry(&host, &plugin_) != ATL_OK) {
      throw std::runtime_error("the plugin does not connect");
    }
  }

  [[nodiscard]] const atl_plugin& plugin() const { return plugin_; }

  [[nodiscard]] const atl_component& component(std::string_view name) const {
    for (uint64_t i = 0; i < plugin_.component_count; ++i) {
      if (view(plugin_.components[i]->description->name) == name) {
        return *plugin_.components[i];
      }
    }
    throw std::runtime_error("no component " + std::string(name));
  }

  // Settings that are not given have their defaults.
  [[nodiscard]] MadeDataset make(std::string_view name, const SettingValues& settings = {},
                                 const std::vector<std::string>& data_directories = {},
                                 const std::string& base_directory = ".", const atl_source* source = nullptr) const {
    const atl_component& found = component(name);
    std::vector<atl_named_value> values;
    for (uint64_t i = 0; i < found.description->setting_count; ++i) {
      const atl_setting& setting = found.description->settings[i];
      values.push_back({setting.name, setting.default_value});
      const auto given = settings.find(std::string(view(setting.name)));
      if (given != settings.end()) {
        set(values.back().value, given->second);
      }
    }
    std::vector<atl_string> directories;
    for (const std::string& directory : data_directories) {
      directories.push_back(to_abi(directory));
    }
    const atl_settings all{sizeof all, values.data(), values.size()};
    const atl_environment environment{
        sizeof environment,         to_abi(base_directory), directories.data(), directories.size(), &source,
        source == nullptr ? 0U : 1U};
    return {static_cast<const atl_dataset_v1*>(found.table), all, environment};
  }
  [[nodiscard]] MadeDataset make_from(const atl_source& source, std::string_view name,
                                      const SettingValues& settings = {}) const {
    return make(name, settings, {}, ".", &source);
  }

 private:
  static decltype(&atelier_plugin) entry_of(const char* library) {
    void* const loaded = dlopen(library, RTLD_NOW | RTLD_LOCAL);
    if (loaded == nullptr) {
      throw std::runtime_error(dlerror());
    }
    const auto entry = reinterpret_cast<decltype(&atelier_plugin)>(dlsym(loaded, "atelier_plugin"));
    if (entry == nullptr) {
      throw std::runtime_error(std::string(library) + ": no plugin");
    }
    return entry;
  }
  static void set(atl_value& value, const Setting& given) {
    switch (value.type) {
      case ATL_INTEGER:
        value.integer = std::get<int64_t>(given);
        break;
      case ATL_NUMBER:
        value.number = std::get<double>(given);
        break;
      case ATL_TEXT:
        value.text = to_abi(std::get<std::string>(given));
        break;
      case ATL_INTEGERS:
        value.list = std::get<std::vector<int64_t>>(given).data();
        value.count = std::get<std::vector<int64_t>>(given).size();
        break;
      case ATL_NUMBERS:
        value.list = std::get<std::vector<double>>(given).data();
        value.count = std::get<std::vector<double>>(given).size();
        break;
      default:
        throw std::runtime_error("a setting of a type that no test has needed yet");
    }
  }

  atl_plugin plugin_{};
};

// FNV-1a, 64 bits, over the bits of the first 100 training images and their labels.
inline uint64_t hash_of_100(const MadeDataset& dataset) {
  uint64_t hash = 0xCBF29CE484222325U;
  const auto add = [&](uint64_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) {
      hash = (hash ^ (value >> (8 * i) & 0xFF)) * 0x100000001B3U;
    }
  };
  for (int64_t i = 0; i < 100; ++i) {
    const Sample sample = dataset.read(ATL_TRAIN, i);
    std::ranges::for_each(sample.image, [&](float x) { add(std::bit_cast<uint32_t>(x), 4); });
    add(static_cast<uint64_t>(sample.label), 8);
  }
  return hash;
}

}  // namespace atelier::testing
