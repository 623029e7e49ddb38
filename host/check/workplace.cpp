#include "check/workplace.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <numeric>

#include "base/error.hpp"
#include "base/text.hpp"
#include "check/report.hpp"

namespace atelier::check {
namespace {

// The value, as TOML writes it, that the author gives for the setting; "" for none. A text needs no quotes.
std::string given(const Workplace& workplace, const std::string& component,
                  const catalog::SettingDescription& setting) {
  const std::string begin = component + "." + setting.name + "=";
  for (const std::string& text : workplace.settings) {
    if (!text.starts_with(begin)) {
      continue;
    }
    const std::string value = text.substr(begin.size());
    const bool is_bare =
        setting.type == catalog::SettingType::text && !value.starts_with('"') && !value.starts_with('\'');
    return is_bare ? catalog::to_string(value) : value;
  }
  return "";
}

std::string guessed(const catalog::Description& component, const catalog::SettingDescription& setting) {
  using catalog::SettingType;
  if (component.kind == catalog::Kind::optimizer && setting.name == "learning_rate") {  // of 0, nothing would move
    constexpr double small = 1e-3;
    const double low = std::max(setting.minimum.value_or(0), 0.0);
    return catalog::to_string(setting.maximum ? std::min(low + small, std::midpoint(low, *setting.maximum))
                                              : low + small);
  }
  if (!setting.choices.empty() && setting.type == SettingType::text) {
    return catalog::to_string(setting.choices.front());
  }
  if (setting.type == SettingType::boolean) {
    return "false";
  }
  if (setting.minimum && !setting.above_minimum && setting.type == SettingType::number) {
    return catalog::to_string(*setting.minimum);
  }
  if (setting.minimum && setting.type == SettingType::integer) {
    return catalog::to_string(static_cast<int64_t>(*setting.minimum) + (setting.above_minimum ? 1 : 0));
  }
  throw NotRun(
      fmt::format("its setting '{}' has no default, and the check cannot know one; hint: give it, as in --set "
                  "{}.{}=VALUE",
                  setting.name, component.name, setting.name));
}

// Of "NAME.SETTING=VALUE": neither name has a '.'.
struct Given {
  std::string component, setting;
};
Given parts_of(const std::string& text) {
  const std::string key = text.substr(0, text.find('='));
  const size_t dot = key.find('.');
  if (key.size() == text.size() || dot == std::string::npos || dot == 0 || dot + 1 == key.size()) {
    throw Error(ErrorKind::usage, "--set: got '{}', expected NAME.SETTING=VALUE", text);
  }
  return {key.substr(0, dot), key.substr(dot + 1)};
}

}  // namespace

void require_settings(const Workplace& workplace) {
  std::vector<catalog::Description> all = workplace.registry.descriptions();
  std::ranges::move(workplace.registry.descriptions_of_logs(), std::back_inserter(all));  // older versions, too
  for (const std::string& text : workplace.settings) {
    const Given given = parts_of(text);
    std::vector<std::string> components, settings;
    for (const catalog::Description& component : all) {
      components.push_back(component.name);
      if (component.name == given.component) {
        std::ranges::transform(component.settings, std::back_inserter(settings), &catalog::SettingDescription::name);
      }
    }
    if (std::ranges::find(components, given.component) == components.end()) {
      throw Error(ErrorKind::usage, "--set {}: there is no component '{}'{}", text, given.component,
                  did_you_mean(given.component, components));
    }
    if (std::ranges::find(settings, given.setting) == settings.end()) {
      throw Error(ErrorKind::usage, "--set {}: '{}' has no setting '{}'{}", text, given.component, given.setting,
                  instead_of(given.setting, settings));
    }
  }
}

std::string lines_of(const Workplace& workplace, const catalog::Description& component) {
  const std::vector<catalog::Description> all = workplace.registry.descriptions();
  const catalog::Description* meant = catalog::find_component(all, component.kind, component.name);
  const bool is_newest = meant == nullptr || meant->name == component.name;
  std::string lines = fmt::format("use = {}\n", catalog::to_string(component.name + (is_newest ? "" : "@1")));
  for (const catalog::SettingDescription& setting : component.settings) {
    std::string value = given(workplace, component.name, setting);
    if (value.empty() && setting.required) {
      value = guessed(component, setting);
    }
    lines += value.empty() ? "" : fmt::format("{} = {}\n", setting.name, value);
  }
  return lines;
}

const std::vector<Data>& kinds_of_data() {
  static const std::vector<Data> kinds = [] {
    const std::string use = "use = \"check-data\"\n", wide = "range = [-1.0, 1.0]\n";
    std::vector<Data> out;
    for (const int size : {8, 16, 32, 28, 64}) {
      for (const int channels : {1, 3}) {
        const std::string lines = use + fmt::format("size = {}\nchannels = {}\n", size, channels);
        const std::string name = fmt::format("{} images of {} x {}", channels == 1 ? "grey" : "coloured", size, size);
        out.push_back({name + " from 0 to 1", lines, "everything"});
        out.push_back({name + " from -1 to 1", lines + wide, "everything"});
      }
    }
    for (const char* kind : {"images", "tokens", "signals", "tables", "numbers"}) {
      const std::string lines = use + fmt::format("kind = \"{}\"\n", kind);
      out.push_back({fmt::format("{} and nothing else", kind), lines, kind});
      out.push_back({fmt::format("larger {} and nothing else", kind), lines + "size = 32\nlength = 64\n", kind});
    }
    return out;
  }();
  return kinds;
}

experiment::Experiment experiment_of(const Workplace& workplace, const Tables& tables) {
  const std::string text = fmt::format(
      "name = \"check\"\nseed = 1\n[dataset]\n{}[model]\n{}[optimizer]\n{}[train]\nsteps = 4\nbatch_size = 8\n"
      "[evaluate]\nbatch_size = 4\n[sample]\ncount = 3\n{}",
      tables.dataset, tables.model, tables.optimizer, tables.more);
  return experiment::parse(text, "the experiment of the check", std::filesystem::current_path(), {},
                           workplace.registry.descriptions());
}

}  // namespace atelier::check
