#include "plugin/component_description.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <initializer_list>

#include "base/text.hpp"
#include "catalog/description_check.hpp"
#include "catalog/names.hpp"
#include "plugin/borrowed.hpp"
#include "plugin/component_data.hpp"

namespace atelier::plugin {
namespace {

constexpr uint64_t most_components = 1000;
constexpr uint64_t most_entries = 1000;  // settings, slots, choices

struct Interface {
  const char* name;
  catalog::Kind kind;
};
constexpr Interface interfaces[] = {
    {ATL_MODEL_V1, catalog::Kind::model},         {ATL_LOSS_INTERFACE_V1, catalog::Kind::loss},
    {ATL_OPTIMIZER_V1, catalog::Kind::optimizer}, {ATL_RECORDED_OPTIMIZER_V1, catalog::Kind::optimizer},
    {ATL_DATASET_V1, catalog::Kind::dataset},     {ATL_METRIC_V1, catalog::Kind::metric},
    {ATL_OPERATION_V1, catalog::Kind::operation},
};

struct Function {
  const char* name;
  bool there;
};

void require(std::initializer_list<Function> functions) {
  for (const Function& function : functions) {
    if (!function.there) {
      throw Error(ErrorKind::plugin, "its function '{}' is a null pointer", function.name);
    }
  }
}

template <typename Table>
Table table_of(const void* table) {
  return copy_of(static_cast<const Table*>(table), "its table");
}

void check_model(const atl_model_v1& t) {
  require({{"create", t.create != nullptr},
           {"destroy", t.destroy != nullptr},
           {"train_step", t.train_step != nullptr},
           {"evaluate", t.evaluate != nullptr},
           {"sampled_field", t.sampled_field != nullptr},
           {"sample", t.sample != nullptr},
           {"extension", t.extension != nullptr}});
}

void check_optimizer(const atl_optimizer_v1& t) {
  require({{"create", t.create != nullptr},
           {"destroy", t.destroy != nullptr},
           {"slots", t.slots != nullptr},
           {"prepare", t.prepare != nullptr},
           {"begin_update", t.begin_update != nullptr},
           {"update", t.update != nullptr},
           {"update_float64", t.update_float64 != nullptr}});
}

void check_recorded_optimizer(const atl_recorded_optimizer_v1& t) {
  require({{"create", t.create != nullptr},
           {"destroy", t.destroy != nullptr},
           {"slots", t.slots != nullptr},
           {"update", t.update != nullptr}});
}

void check_dataset(const atl_dataset_v1& t) {
  require({{"create", t.create != nullptr},
           {"destroy", t.destroy != nullptr},
           {"spec", t.spec != nullptr},
           {"read", t.read != nullptr},
           {"group", t.group != nullptr}});
}

void check_metric(const atl_metric_v1& t) {
  require({{"create", t.create != nullptr},
           {"destroy", t.destroy != nullptr},
           {"passes", t.passes != nullptr},
           {"results", t.results != nullptr},
           {"batch", t.batch != nullptr},
           {"end_pass", t.end_pass != nullptr},
           {"finish", t.finish != nullptr}});
}

void check_operation(const atl_operation_v1& t) {
  require({{"infer", t.infer != nullptr}, {"forward", t.forward != nullptr}, {"gradient", t.gradient != nullptr}});
}

void check_loss(const atl_loss_v1& t) {
  require({{"create", t.create != nullptr}, {"destroy", t.destroy != nullptr}, {"call", t.call != nullptr}});
}

void check_table(const catalog::Description& description, bool recorded, const void* table) {
  switch (description.kind) {
    case catalog::Kind::model:
      return check_model(table_of<atl_model_v1>(table));
    case catalog::Kind::loss:
      return check_loss(table_of<atl_loss_v1>(table));
    case catalog::Kind::optimizer:
      return recorded ? check_recorded_optimizer(table_of<atl_recorded_optimizer_v1>(table))
                      : check_optimizer(table_of<atl_optimizer_v1>(table));
    case catalog::Kind::dataset:
      return check_dataset(table_of<atl_dataset_v1>(table));
    case catalog::Kind::metric:
      return check_metric(table_of<atl_metric_v1>(table));
    case catalog::Kind::operation:
      return check_operation(table_of<atl_operation_v1>(table));
    case catalog::Kind::unknown:
      break;  // nobody calls it
  }
}

catalog::SettingDescription read_setting(const atl_setting& setting) {
  catalog::SettingDescription out;
  out.name = own(setting.name);
  out.help = own(setting.help);
  out.type = static_cast<catalog::SettingType>(setting.default_value.type);
  out.default_value = to_value(setting.default_value);
  out.required = setting.required != 0;
  // The wrapper's range() with one bound alone has an infinite other one: no bound.
  if (setting.has_minimum != 0 && setting.minimum != -INFINITY) {
    out.minimum = setting.minimum;
    out.above_minimum = setting.has_minimum == ATL_OPEN;
  }
  if (setting.has_maximum != 0 && setting.maximum != INFINITY) {
    out.maximum = setting.maximum;
    out.below_maximum = setting.has_maximum == ATL_OPEN;
  }
  for (const atl_string& choice :
       span_of<atl_string>(setting.choices, setting.choice_count, most_entries, "its list of choices")) {
    out.choices.push_back(own(choice));
  }
  return out;
}

catalog::Measure read_measure(const atl_measure& measure) {
  const auto direction = [&] {
    switch (measure.direction) {
      case ATL_LARGER_IS_BETTER:
        return catalog::Direction::larger;
      case ATL_SMALLER_IS_BETTER:
        return catalog::Direction::smaller;
      case ATL_NEITHER_IS_BETTER:
        return catalog::Direction::neither;
      default:
        return catalog::Direction::unknown;
    }
  };
  return {own(measure.name), direction(), own(measure.unit), own(measure.help)};
}

// Runs `read`, and says whose it is that cannot be read.
template <typename Read>
void about(const std::string& whose, const Read& read) {
  try {
    read();
  } catch (const Error& error) {
    throw Error(ErrorKind::plugin, "{}: {}", whose, error.what());
  }
}

void read_description(const atl_description& from, catalog::Description& out) {
  out.summary = own(from.summary);
  out.reference = own(from.reference);
  out.role = own(from.role);
  for_each(from.settings, from.setting_count, most_entries, "setting", [&](const atl_setting& setting) {
    about(fmt::format("the setting {}", catalog::quoted(own(setting.name))),
          [&] { out.settings.push_back(read_setting(setting)); });
  });
  for_each(from.slots, from.slot_count, most_entries, "loss slot", [&](const atl_loss_slot& slot) {
    out.slots.push_back({own(slot.name), own(slot.role), own(slot.default_loss), own(slot.help)});
  });
  for_each(from.measures, from.measure_count, most_entries, "measure",
           [&](const atl_measure& measure) { out.measures.push_back(read_measure(measure)); });
}

void throw_if_any(const std::string& whose, const std::vector<std::string>& problems) {
  std::vector<std::string> lines;
  for (const std::string& problem : problems) {
    lines.push_back(fmt::format("{}: {}", whose, problem));
  }
  if (!lines.empty()) {
    throw Error(ErrorKind::plugin, fmt::format("{}", fmt::join(lines, "\n")));
  }
}

Component read_component(const atl_component& component, const Interface& interface,
                         catalog::Description about_plugin) {
  Component out{std::move(about_plugin), component.table};
  out.recorded = std::string_view(interface.name) == ATL_RECORDED_OPTIMIZER_V1;
  catalog::Description& description = out.description;
  description.kind = interface.kind;
  const std::string kind = "a " + name_of(description.kind);
  const atl_description from = copy_of(component.description, kind + ": its description");
  about(kind, [&] { description.name = own(from.name); });
  const std::string whose = fmt::format("the {} {}", name_of(description.kind), catalog::quoted(description.name));
  about(whose, [&] { read_description(from, description); });
  throw_if_any(whose, problems_of(description));
  about(whose, [&] { check_table(description, out.recorded, component.table); });
  return out;
}

// A component of a kind that came after this host: its name is all that can be known of it.
catalog::Description read_unknown(const atl_component& component, const std::string& interface_name,
                                  catalog::Description about_plugin) {
  about_plugin.kind = catalog::Kind::unknown;
  about_plugin.interface_name = interface_name;
  const std::string whose = "a component of the interface " + catalog::quoted(interface_name);
  about(whose, [&] {
    about_plugin.name = own(copy_of(component.description, "its description").name);
    for (const std::string* text : {&about_plugin.name, &about_plugin.interface_name}) {
      if (const std::string problem = catalog::problem_of_text(*text); !problem.empty() || text->empty()) {
        throw Error(ErrorKind::plugin, "its name {}", text->empty() ? "is empty" : problem);
      }
    }
  });
  return about_plugin;
}

}  // namespace

LibraryContents contents_of(const atl_plugin& plugin, const std::filesystem::path& file) {
  catalog::Description about_plugin;
  about_plugin.plugin_name = own(plugin.name);
  about_plugin.plugin_version = own(plugin.version);
  about_plugin.plugin_path = file.string();
  for (const auto& [what, text] :
       {std::pair("its name", &about_plugin.plugin_name), std::pair("its version", &about_plugin.plugin_version)}) {
    if (const std::string problem = catalog::problem_of_text(*text); !problem.empty()) {
      throw Error(ErrorKind::plugin, "{} {}", what, problem);
    }
  }
  if (plugin.component_count == 0) {
    throw Error(ErrorKind::plugin, "it brings no components");
  }
  LibraryContents out;
  std::vector<std::string> names;
  for (const atl_component* const pointer : span_of<const atl_component*>(plugin.components, plugin.component_count,
                                                                          most_components, "its list of components")) {
    const atl_component component = copy_of(pointer, "a component");
    const std::string interface_name = own(component.interface_name);
    const auto* const interface =
        std::ranges::find_if(interfaces, [&](const Interface& known) { return interface_name == known.name; });
    if (interface == std::end(interfaces)) {
      out.unknown.push_back(read_unknown(component, interface_name, about_plugin));
      continue;
    }
    out.components.push_back(read_component(component, *interface, about_plugin));
    const catalog::Description& description = out.components.back().description;
    names.push_back(fmt::format("the {} {}", name_of(description.kind), catalog::quoted(description.name)));
  }
  for (const std::string& name : catalog::repeated(names)) {
    throw Error(ErrorKind::plugin, "{} is brought twice", name);
  }
  return out;
}

}  // namespace atelier::plugin
