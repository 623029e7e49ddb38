#include "plugin/registry.hpp"

#include <atelier/abi.h>

#include <algorithm>
#include <boost/dll/shared_library.hpp>
#include <cstdlib>
#include <set>
#include <sstream>

#include "base/error.hpp"
#include "base/floating_point.hpp"
#include "base/text.hpp"
#include "plugin/component_data.hpp"
#include "plugin/version_exchange.hpp"

namespace atelier::plugin {
namespace {

namespace fs = std::filesystem;

catalog::Kind kind_of(std::string_view interface_name, const fs::path& file) {
  if (interface_name == ATL_MODEL_V1) return catalog::Kind::model;
  if (interface_name == ATL_LOSS_INTERFACE_V1) return catalog::Kind::loss;
  if (interface_name == ATL_OPTIMIZER_V1) return catalog::Kind::optimizer;
  if (interface_name == ATL_DATASET_V1) return catalog::Kind::dataset;
  if (interface_name == ATL_METRIC_V1) return catalog::Kind::metric;
  throw Error(ErrorKind::plugin, "{}: a component has the interface '{}', expected {}", file.string(), interface_name,
              one_of({ATL_MODEL_V1, ATL_LOSS_INTERFACE_V1, ATL_OPTIMIZER_V1, ATL_DATASET_V1, ATL_METRIC_V1}));
}

catalog::SettingDescription describe(const atl_setting& setting) {
  catalog::SettingDescription out;
  out.name = own(setting.name);
  out.help = own(setting.help);
  out.type = static_cast<catalog::SettingType>(setting.default_value.type);
  out.default_value = to_value(setting.default_value);
  out.required = setting.required != 0;
  if (setting.has_minimum != 0) {
    out.minimum = setting.minimum;
    out.above_minimum = setting.has_minimum == ATL_OPEN;
  }
  if (setting.has_maximum != 0) {
    out.maximum = setting.maximum;
    out.below_maximum = setting.has_maximum == ATL_OPEN;
  }
  for (uint64_t i = 0; i < setting.choice_count; ++i) {
    out.choices.push_back(own(setting.choices[i]));
  }
  return out;
}

template <typename T, typename Visit>
void for_each(const T* array, uint64_t count, const Visit& visit) {  // the first element's size is the stride
  const char* at = reinterpret_cast<const char*>(array);
  for (uint64_t i = 0; i < count; ++i, at += array->size) {
    visit(*reinterpret_cast<const T*>(at));
  }
}

catalog::Description describe(const atl_component& component, const atl_plugin& plugin, const fs::path& file) {
  const atl_description& from = *component.description;
  catalog::Description out;
  out.kind = kind_of(own(component.interface_name), file);
  out.name = own(from.name);
  out.summary = own(from.summary);
  out.reference = own(from.reference);
  out.role = own(from.role);
  out.plugin_name = own(plugin.name);
  out.plugin_version = own(plugin.version);
  out.plugin_path = file.string();
  for_each(from.settings, from.setting_count,
           [&](const atl_setting& setting) { out.settings.push_back(describe(setting)); });
  for_each(from.slots, from.slot_count, [&](const atl_loss_slot& slot) {
    out.slots.push_back({own(slot.name), own(slot.role), own(slot.default_loss), own(slot.help)});
  });
  return out;
}

// Only dlopen's own words: the path before them stands in front of ours already, and the system's code after them says
// nothing.
std::string reason(const std::string& message, const fs::path& file) {
  const std::string path = file.string() + ": ";
  const auto at = message.rfind(path);
  const std::string words = at == std::string::npos ? message : message.substr(at + path.size());
  return words.substr(0, words.rfind("): "));
}

// Kept until the process ends, and not destroyed then either: see the header.
boost::dll::shared_library& keep(std::unique_ptr<boost::dll::shared_library> library) {
  static auto& kept =
      *new std::vector<std::unique_ptr<boost::dll::shared_library>>();  // NOLINT(cppcoreguidelines-owning-memory)
  kept.push_back(std::move(library));
  return *kept.back();
}

}  // namespace

std::vector<fs::path> plugin_paths(const fs::path& program, const std::vector<fs::path>& given) {
  std::vector<fs::path> out = given;
  if (const char* listed = std::getenv("ATELIER_PLUGIN_PATH"); listed != nullptr) {
    std::istringstream parts(listed);
    for (std::string part; std::getline(parts, part, ':');) {
      if (!part.empty()) {
        out.emplace_back(part);
      }
    }
  }
  const fs::path prefix = program.parent_path().parent_path();
  for (const char* beside : {"lib/atelier/plugins", ATELIER_PLUGIN_SUBDIR}) {
    if (fs::is_directory(prefix / beside)) {
      out.push_back(prefix / beside);
    }
  }
  return out;
}

Registry::Registry(const std::vector<fs::path>& paths) {
  std::vector<fs::path> files;
  for (const fs::path& path : paths) {
    if (fs::is_directory(path)) {
      std::set<fs::path> found;
      for (const auto& entry : fs::directory_iterator(path)) {
        if (entry.path().extension() == ".so") {
          found.insert(entry.path());
        }
      }
      files.insert(files.end(), found.begin(), found.end());
    } else if (fs::exists(path)) {
      files.push_back(path);
    } else {
      throw Error(ErrorKind::plugin, "{}: no such file or folder of plugins", path.string());
    }
  }
  std::set<fs::path> loaded;
  for (const fs::path& file : files) {
    if (loaded.insert(fs::canonical(file)).second) {
      load(file);
    }
  }
}

Registry::~Registry() = default;

void Registry::load(const fs::path& file) {
  auto handle = std::make_unique<boost::dll::shared_library>();
  try {
    handle->load(boost::dll::fs::path(fs::absolute(file).string()),
                 boost::dll::load_mode::rtld_local | boost::dll::load_mode::rtld_now);
  } catch (const std::exception& error) {
    throw Error(ErrorKind::plugin, "{}: is not a plugin: {}; expected a shared library made by atelier_add_plugin()",
                file.string(), reason(error.what(), fs::absolute(file)));
  }
  reset_floating_point();
  if (!handle->has("atelier_plugin")) {
    throw Error(
        ErrorKind::plugin,
        "{}: is a shared library without the entry point 'atelier_plugin'; hint: end the source with ATELIER_MODEL, "
        "ATELIER_LOSS, ATELIER_OPTIMIZER, ATELIER_DATASET or ATELIER_METRIC",
        file.string());
  }
  boost::dll::shared_library& library = keep(std::move(handle));
  atl_plugin plugin{};
  plugin.size = sizeof plugin;
  VersionExchange exchange;
  const atl_status status =
      library.get<atl_status(const atl_host*, atl_plugin*)>("atelier_plugin")(exchange.host(), &plugin);
  reset_floating_point();
  if (status != ATL_OK) {
    throw Error(ErrorKind::plugin, "{}: {}", file.string(),
                exchange.refusal().empty() ? "failed to start" : exchange.refusal());
  }
  for (uint64_t i = 0; i < plugin.component_count; ++i) {
    Component component{describe(*plugin.components[i], plugin, file), plugin.components[i]->table};
    const auto key = std::pair(component.description.kind, component.description.name);
    if (const auto [other, fresh] = components_.try_emplace(key, component); !fresh) {
      throw Error(ErrorKind::plugin,
                  "{}: brings the {} '{}', which {} brings too; hint: remove one of them from the plugin path",
                  file.string(), name_of(key.first), key.second, other->second.description.plugin_path);
    }
  }
}

const Component* Registry::find(catalog::Kind kind, std::string_view name) const {
  const auto found = components_.find({kind, std::string(name)});
  return found == components_.end() ? nullptr : &found->second;
}

const Component& Registry::get(catalog::Kind kind, std::string_view name) const {
  if (const Component* found = find(kind, name)) {
    return *found;
  }
  std::vector<std::string> known;
  for (const auto& [key, component] : components_) {
    if (key.first == kind) {
      known.push_back(key.second);
    }
  }
  throw Error(ErrorKind::plugin, "there is no {} '{}'{}", name_of(kind), name, did_you_mean(name, known));
}

std::vector<catalog::Description> Registry::descriptions() const {
  std::vector<catalog::Description> out;
  for (const auto& [key, component] : components_) {
    out.push_back(component.description);
  }
  return out;
}

const atl_model_v1& Registry::model(std::string_view name) const {
  return *static_cast<const atl_model_v1*>(get(catalog::Kind::model, name).table);
}
const atl_loss_v1& Registry::loss(std::string_view name) const {
  return *static_cast<const atl_loss_v1*>(get(catalog::Kind::loss, name).table);
}
const atl_optimizer_v1& Registry::optimizer(std::string_view name) const {
  return *static_cast<const atl_optimizer_v1*>(get(catalog::Kind::optimizer, name).table);
}
const atl_dataset_v1& Registry::dataset(std::string_view name) const {
  return *static_cast<const atl_dataset_v1*>(get(catalog::Kind::dataset, name).table);
}
const atl_metric_v1& Registry::metric(std::string_view name) const {
  return *static_cast<const atl_metric_v1*>(get(catalog::Kind::metric, name).table);
}

}  // namespace atelier::plugin
