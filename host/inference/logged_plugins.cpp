#include "inference/logged_plugins.hpp"

#include <algorithm>
#include <filesystem>
#include <functional>

#include "base/error.hpp"
#include "base/sha256.hpp"
#include "catalog/names.hpp"

namespace atelier::inference {
namespace {

namespace fs = std::filesystem;

bool is_file(const fs::path& path, const std::string& other) {
  std::error_code missing;
  return path == other || fs::equivalent(path, other, missing);
}

bool is_loaded(const runlog::Plugin& plugin, const std::vector<catalog::Description>& loaded) {
  return std::ranges::any_of(
      loaded, [&](const catalog::Description& description) { return is_file(plugin.path, description.plugin_path); });
}

// A log keeps no list of what each plugin brought: the one that is called as the component, or those of which nothing
// is loaded from anywhere, or else those that are loaded from another place now.
std::vector<runlog::Plugin> candidates(const std::string& component, const std::vector<runlog::Plugin>& logged,
                                       const std::vector<catalog::Description>& loaded) {
  std::vector<runlog::Plugin> absent;
  std::ranges::copy_if(logged, std::back_inserter(absent),
                       [&](const runlog::Plugin& plugin) { return !is_loaded(plugin, loaded); });
  const auto is_called_so = [&](const runlog::Plugin& plugin) {
    return plugin.name == catalog::versioned(component).name;
  };
  const auto is_nowhere = [&](const runlog::Plugin& plugin) {
    return std::ranges::find(loaded, plugin.name, &catalog::Description::plugin_name) == loaded.end();
  };
  for (const std::function<bool(const runlog::Plugin&)>& likely : {std::function(is_called_so), {is_nowhere}}) {
    std::vector<runlog::Plugin> found;
    std::ranges::copy_if(absent, std::back_inserter(found), likely);
    if (!found.empty()) {
      return found;
    }
  }
  return absent;
}

std::string bytes_now(const runlog::Plugin& plugin) {
  try {
    return Sha256::of_file(plugin.path);
  } catch (const Error&) {  // nobody may read it
    return "";
  }
}

std::string hint_of(const runlog::Plugin& plugin, const plugin::Registry& registry) {
  const std::string had = fmt::format("; the run had the plugin '{}' from {}", plugin.name, plugin.path);
  const std::string option = "--plugin-path " + plugin.path;
  std::error_code ignored;
  if (!fs::is_regular_file(plugin.path, ignored)) {
    return had + ", which is no longer there; hint: name the folder that has it now with --plugin-path";
  }
  const auto is_it = [&](const plugin::Refusal& refusal) { return is_file(refusal.file, plugin.path); };
  if (std::ranges::any_of(registry.refusals(), is_it)) {
    return had + ", which is still there and cannot be loaded, as was said before";
  }
  const std::string now = bytes_now(plugin);
  if (now == plugin.sha256) {
    return fmt::format("{}, which is still there with the same bytes; hint: {}", had, option);
  }
  constexpr size_t few = 12;
  return fmt::format("{}, where another file is now (SHA-256 {}…, then {}…); hint: {} takes it all the same", had,
                     now.substr(0, few), plugin.sha256.substr(0, few), option);
}

}  // namespace

experiment::WhereFrom plugins_of_log(const std::vector<runlog::Plugin>& logged, const plugin::Registry& registry) {
  return [&logged, &registry](const std::string& component) {
    std::string out;
    for (const runlog::Plugin& plugin : candidates(component, logged, registry.descriptions_of_logs())) {
      out += printable(hint_of(plugin, registry));
    }
    return out;
  };
}

}  // namespace atelier::inference
