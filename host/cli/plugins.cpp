// atelier plugins [NAME]; --check is in check_plugin.cpp
#include <fmt/core.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "base/error.hpp"
#include "base/terminal_table.hpp"
#include "base/text.hpp"
#include "cli/check_plugin.hpp"
#include "cli/program.hpp"
#include "cli/run_options.hpp"
#include "cli/terminal.hpp"
#include "cli/verbs.hpp"

namespace atelier::cli {
namespace {

using Json = nlohmann::ordered_json;
using catalog::Description;
using catalog::SettingDescription;

terminal::Column wrapping(const char* heading) {
  return {heading, terminal::Align::left, true};
}

// A line of details, or more where it is long.
std::string detail(const std::string& name, const std::string& text, const terminal::Layout& layout) {
  constexpr size_t column = 11;
  return terminal::pad_right(name, column) + terminal::wrapped(text, layout.width, column) + "\n";
}

std::string list_text(const std::vector<Description>& all, const terminal::Layout& layout) {
  terminal::TextTable table{{{"kind"}, {"name"}, wrapping("plugin"), {"version"}, wrapping("summary")}, {}};
  for (const auto& component : all) {
    const bool unknown = component.kind == catalog::Kind::unknown;
    table.add(
        {{name_of(component.kind)},
         {component.name, terminal::Emphasis::strong},
         {component.plugin_name},
         {component.plugin_version},
         {unknown ? "of the interface " + component.interface_name + ", for a newer atelier" : component.summary}});
  }
  return terminal::to_text(table, layout, 2);
}

std::string range_text(const SettingDescription& setting) {
  if (!setting.choices.empty()) {
    return one_of(setting.choices);
  }
  const std::string low =
      setting.minimum ? fmt::format("{} {}", setting.above_minimum ? "above" : "at least", *setting.minimum) : "";
  const std::string high =
      setting.maximum ? fmt::format("{} {}", setting.below_maximum ? "below" : "at most", *setting.maximum) : "";
  if (setting.minimum && setting.maximum && !setting.above_minimum && !setting.below_maximum) {
    return fmt::format("{} to {}", *setting.minimum, *setting.maximum);
  }
  return low + (low.empty() || high.empty() ? "" : ", ") + high;
}

std::string settings_text(const Description& component, const terminal::Layout& layout) {
  terminal::TextTable table{{{"setting"}, {"type"}, wrapping("default"), wrapping("allowed"), wrapping("help")}, {}};
  for (const auto& setting : component.settings) {
    table.add({{setting.name, terminal::Emphasis::strong},
               {name_of(setting.type)},
               {setting.required ? "required" : catalog::to_string(setting.default_value)},
               {range_text(setting)},
               {setting.help}});
  }
  return table.rows.empty() ? "" : fmt::format("\n{}", terminal::to_text(table, layout));
}

std::string slots_text(const Description& component, const terminal::Layout& layout) {
  terminal::TextTable table{{{"loss"}, {"role"}, {"default"}, wrapping("help")}, {}};
  for (const auto& slot : component.slots) {
    table.add({{fmt::format("[loss.{}]", slot.name), terminal::Emphasis::strong},
               {slot.role},
               {slot.default_loss.empty() ? "required" : slot.default_loss},
               {slot.help}});
  }
  return table.rows.empty() ? "" : fmt::format("\n{}", terminal::to_text(table, layout));
}

// Under which name a number is found, as far as that is known without an experiment.
std::string measure_name(const Description& component, const catalog::Measure& measure) {
  if (!measure.name.empty()) {
    return measure.name;
  }
  return component.kind == catalog::Kind::loss ? "its value" : "[metric.NAME] itself";
}

std::string measures_text(const Description& component, const terminal::Layout& layout) {
  terminal::TextTable table{{{"reported"}, {"better"}, {"unit"}, wrapping("help")}, {}};
  for (const auto& measure : component.measures) {
    table.add({{measure_name(component, measure), terminal::Emphasis::strong},
               {catalog::to_string(measure.direction)},
               {measure.unit},
               {measure.help}});
  }
  return table.rows.empty() ? "" : fmt::format("\n{}", terminal::to_text(table, layout));
}

std::string details_text(const Description& component, const terminal::Layout& layout) {
  std::string text = fmt::format("{} '{}'\n{}\n", name_of(component.kind), component.name,
                                 terminal::wrapped(component.summary, layout.width, 0));
  text += component.role.empty() ? "" : detail("role", component.role, layout);
  text += component.reference.empty() ? "" : detail("reference", component.reference, layout);
  text += fmt::format("plugin     {} {}\npath       {}\n", component.plugin_name, component.plugin_version,
                      component.plugin_path);
  return text + settings_text(component, layout) + slots_text(component, layout) + measures_text(component, layout);
}

Json setting_json(const SettingDescription& setting) {
  const auto optional = [](const std::optional<double>& value) { return value ? Json(*value) : Json(nullptr); };
  const auto as_json = [](const auto& value) { return Json(value); };
  return {{"name", setting.name},
          {"type", name_of(setting.type)},
          {"required", setting.required},
          {"default", setting.required ? Json(nullptr) : std::visit(as_json, setting.default_value)},
          {"minimum", optional(setting.minimum)},
          {"maximum", optional(setting.maximum)},
          {"above_minimum", setting.above_minimum},
          {"below_maximum", setting.below_maximum},
          {"choices", setting.choices},
          {"help", setting.help}};
}

Json component_json(const Description& component) {
  Json settings = Json::array();
  for (const auto& setting : component.settings) {
    settings.push_back(setting_json(setting));
  }
  Json slots = Json::array();
  for (const auto& slot : component.slots) {
    slots.push_back({{"name", slot.name}, {"role", slot.role}, {"default", slot.default_loss}, {"help", slot.help}});
  }
  Json measures = Json::array();
  for (const auto& measure : component.measures) {
    measures.push_back({{"name", measure.name},
                        {"better", catalog::to_string(measure.direction)},
                        {"unit", measure.unit},
                        {"help", measure.help}});
  }
  return {{"kind", name_of(component.kind)},
          {"name", component.name},
          {"summary", component.summary},
          {"reference", component.reference},
          {"role", component.role},
          {"interface", component.interface_name},
          {"settings", settings},
          {"losses", slots},
          {"measures", measures},
          {"plugin", component.plugin_name},
          {"version", component.plugin_version},
          {"path", component.plugin_path}};
}

// All components of this name, which may be of several kinds.
std::vector<Description> named(const std::vector<Description>& all, const std::string& name) {
  std::vector<Description> found;
  std::vector<std::string> known;
  for (const auto& component : all) {
    known.push_back(component.name);
    if (component.name == name) {
      found.push_back(component);
    }
  }
  if (found.empty()) {
    throw Error(ErrorKind::plugin, "no plugin brings a '{}'{}", name, did_you_mean(name, known));
  }
  return found;
}

// The libraries that are not used, each with the reason.
std::string refusals_text(const std::vector<plugin::Refusal>& refusals) {
  std::string text;
  for (const plugin::Refusal& refusal : refusals) {
    std::istringstream lines(refusal.reason);
    for (std::string line; std::getline(lines, line);) {
      text += fmt::format("not loaded: {}\n", line);
    }
  }
  return text.empty() ? "" : "\n" + text;
}

Json refusal_json(const plugin::Refusal& refusal) {
  return {{"kind", "not loaded"},
          {"name", refusal.file.filename().string()},
          {"path", refusal.file.string()},
          {"reason", refusal.reason}};
}

int plugins(const Arguments& arguments) {
  if (arguments.has("check")) {
    return check_plugin(arguments);
  }
  for (const char* option : {"set", "timeout"}) {
    if (arguments.has(option)) {
      throw Error(ErrorKind::usage, "atelier plugins: got --{} without --check FILE, which it is for", option);
    }
  }
  const bool list = arguments.words.empty();
  const plugin::Registry registry = list ? find_plugins(arguments) : load_plugins(arguments, plugin::Loading::all);
  const std::vector<Description> all = registry.descriptions();
  const std::vector<Description> chosen = list ? all : named(all, arguments.words.front());
  const terminal::Layout layout = output_layout();
  if (arguments.has("json")) {
    Json json = Json::array();
    for (const auto& component : chosen) {
      json.push_back(component_json(component));
    }
    for (const plugin::Refusal& refusal : list ? registry.refusals() : std::vector<plugin::Refusal>()) {
      json.push_back(refusal_json(refusal));
    }
    print_json(json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
  } else if (list) {
    print(list_text(chosen, layout) + refusals_text(registry.refusals()));
  } else {
    for (size_t i = 0; i < chosen.size(); ++i) {
      print(fmt::format("{}{}", i == 0 ? "" : "\n", details_text(chosen[i], layout)));
    }
  }
  return exit_done;
}

}  // namespace

Verb plugins_verb() {
  std::vector<Option> options = check_options();
  options.push_back(json_option());
  return {"plugins",
          "[NAME]",
          "what is loaded; one component's settings and help; --check: a plugin of your own, checked",
          "--check loads the library, makes each of its components and runs them on tiny data, in processes of their "
          "own: what it exports, gradients, equal bits on any number of threads and when recorded again, samples that "
          "stay what they are, crashes and endless loops. The exit code is 1 where something is wrong.",
          0,
          1,
          options,
          plugins};
}

}  // namespace atelier::cli
