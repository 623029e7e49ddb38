#include "plugin/library_index.hpp"

#include <fmt/core.h>

#include <atomic>
#include <nlohmann/json.hpp>
#include <utility>

namespace atelier::plugin {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;
using catalog::Description;
using catalog::SettingDescription;

std::atomic<bool> believed{true};

// This program as it was built: another one may see other things in a library.
std::string version() {
  const FileStamp program = stamp_of("/proc/self/exe").value_or(FileStamp{});
  return fmt::format("1 {} {}:{}:{}:{}", ATELIER_VERSION, program.device, program.inode, program.size, program.changed);
}

template <size_t type = 0>
catalog::Value value_of(size_t wanted, const Json& json) {
  if constexpr (type < std::variant_size_v<catalog::Value>) {
    return wanted == type ? json.get<std::variant_alternative_t<type, catalog::Value>>()
                          : value_of<type + 1>(wanted, json);
  } else {
    throw std::out_of_range("a type of settings");
  }
}

// All members of each struct: a binding that names too few of them, as after one was added, does not compile.
Json to_json(const SettingDescription& of) {
  const auto& [name, help, type, value, required, minimum, maximum, above, below, choices] = of;
  const auto optional = [](const std::optional<double>& number) { return number ? Json(*number) : Json(); };
  return {name,
          help,
          type,
          std::visit([](const auto& held) { return Json(held); }, value),
          required,
          optional(minimum),
          optional(maximum),
          above,
          below,
          choices};
}
SettingDescription setting_of(const Json& json) {
  const auto optional = [](const Json& number) {
    return number.is_null() ? std::nullopt : std::optional<double>(number.get<double>());
  };
  const auto type = json.at(2).get<catalog::SettingType>();
  return {json.at(0),
          json.at(1),
          type,
          value_of(static_cast<size_t>(type), json.at(3)),
          json.at(4),
          optional(json.at(5)),
          optional(json.at(6)),
          json.at(7),
          json.at(8),
          json.at(9)};
}

Json to_json(const catalog::LossSlot& of) {
  const auto& [name, role, default_loss, help] = of;
  return {name, role, default_loss, help};
}
catalog::LossSlot slot_of(const Json& json) {
  return {json.at(0), json.at(1), json.at(2), json.at(3)};
}

Json to_json(const catalog::Measure& of) {
  const auto& [name, direction, unit, help] = of;
  return {name, direction, unit, help};
}
catalog::Measure measure_of(const Json& json) {
  return {json.at(0), json.at(1).get<catalog::Direction>(), json.at(2), json.at(3)};
}

Json to_json(const Component& of);

template <typename T>
Json json_of_list(const std::vector<T>& all) {
  Json out = Json::array();
  for (const T& one : all) {
    out.push_back(to_json(one));
  }
  return out;
}
template <typename Read>
auto list_from(const Json& json, const Read& read) {
  std::vector<decltype(read(json))> out;
  for (const Json& one : json) {
    out.push_back(read(one));
  }
  return out;
}

// Its path is where it is found this time.
Json to_json(const Component& of) {
  const auto& [description, table, recorded] = of;
  const auto& [kind, name, newest_of, summary, reference, role, interface_name, settings, slots, measures, plugin_name,
               plugin_version, plugin_path] = description;
  return {kind,
          name,
          newest_of,
          summary,
          reference,
          role,
          interface_name,
          json_of_list(settings),
          json_of_list(slots),
          json_of_list(measures),
          plugin_name,
          plugin_version,
          recorded};
}
Component component_of(const Json& json, const fs::path& file) {
  const Description description{json.at(0).get<catalog::Kind>(),
                                json.at(1),
                                json.at(2),
                                json.at(3),
                                json.at(4),
                                json.at(5),
                                json.at(6),
                                list_from(json.at(7), setting_of),
                                list_from(json.at(8), slot_of),
                                list_from(json.at(9), measure_of),
                                json.at(10),
                                json.at(11),
                                file.string()};
  return {description, nullptr, json.at(12)};
}

std::string text_of(const LibraryContents& contents) {
  return json_of_list(contents.components).dump();
}

using Cache = FolderCache<std::string>;

Cache::Entries decoded(const std::string& bytes) {
  Cache::Entries entries;
  for (const Json& entry : Json::parse(bytes)) {
    const Json& stamp = entry.at(1);
    entries[entry.at(0)] = {{stamp.at(0), stamp.at(1), stamp.at(2), stamp.at(3), stamp.at(4)}, entry.at(2)};
  }
  return entries;
}

std::string encoded(const Cache::Entries& entries) {
  Json all = Json::array();
  for (const auto& [name, entry] : entries) {
    const auto& [device, inode, size, modified, changed] = entry.stamp;
    all.push_back({name, {device, inode, size, modified, changed}, entry.content});
  }
  return all.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// An operation is there for whoever records it by its name, and what is for a newer program is told as it is found.
bool is_always_loaded(const LibraryContents& contents) {
  return !contents.unknown.empty() || std::ranges::any_of(contents.components, [](const Component& component) {
    return component.description.kind == catalog::Kind::operation;
  });
}

}  // namespace

LibraryIndex::LibraryIndex(const fs::path& folder) : cache_("plugins", folder, version(), decoded) {}

std::optional<LibraryContents> LibraryIndex::find(const fs::path& file) const {
  const Cache::Entry* const known = cache_.find(file);
  if (!believed || known == nullptr || stamp_of(file) != known->stamp) {
    return std::nullopt;
  }
  try {
    LibraryContents out;
    for (const Json& component : Json::parse(known->content)) {
      out.components.push_back(component_of(component, file));
    }
    return out;
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

void LibraryIndex::keep(const fs::path& file, const FileStamp& stamp, const LibraryContents& contents) {
  if (cache_.folder().empty() || is_always_loaded(contents) || !is_settled(stamp) || stamp_of(file) != stamp) {
    return;
  }
  try {
    cache_.keep(file, {stamp, text_of(contents)});
  } catch (const Json::exception&) {  // its texts are no UTF-8
  }
}

bool LibraryIndex::is_right_about(const fs::path& file, const LibraryContents& contents) const {
  const Cache::Entry* const known = cache_.find(file);
  return known != nullptr && contents.unknown.empty() && known->content == text_of(contents);
}

void LibraryIndex::save() {
  cache_.save(encoded);
}

void LibraryIndex::distrust() {
  believed = false;
}

bool LibraryIndex::is_believed() {
  return believed;
}

}  // namespace atelier::plugin
