// The JSON Schema of experiment files. It is for editors, which complete and check while one types; parse() has the
// last word, as some rules (exactly one of two keys, an order of two numbers) are said there only.

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "experiment/components.hpp"
#include "experiment/experiment.hpp"
#include "experiment/sections.hpp"

namespace atelier::experiment {
namespace {

using Json = nlohmann::ordered_json;
using catalog::Description;
using catalog::Kind;
using catalog::SettingType;

Json json_of(const catalog::Value& value) {
  return std::visit([](const auto& alternative) { return Json(alternative); }, value);
}

Json element_schema(const Key& key) {
  Json schema;
  switch (key.type) {
    case SettingType::boolean:
      schema["type"] = "boolean";
      break;
    case SettingType::integer:
    case SettingType::integers:
      schema["type"] = "integer";
      break;
    case SettingType::number:
    case SettingType::numbers:
      schema["type"] = "number";
      break;
    case SettingType::text:
    case SettingType::texts:
      schema["type"] = "string";
      break;
  }
  if (key.minimum) {
    schema[key.above_minimum ? "exclusiveMinimum" : "minimum"] = *key.minimum;
  }
  if (key.maximum) {
    schema[key.below_maximum ? "exclusiveMaximum" : "maximum"] = *key.maximum;
  }
  if (!key.choices.empty()) {
    schema["enum"] = key.choices;
  }
  return schema;
}

Json key_schema(const Key& key) {
  Json schema = element_schema(key);
  if (key.type >= SettingType::integers) {
    schema = {{"type", "array"}, {"items", schema}};
  }
  schema["description"] = key.help;
  if (!key.required && !key.optional) {
    schema["default"] = json_of(key.default_value);
  }
  return schema;
}

Json object_schema() {
  return {{"type", "object"}, {"properties", Json::object()}, {"additionalProperties", false}};
}

void add_keys(Json& schema, const std::vector<Key>& keys, bool may_require = true) {
  for (const auto& key : keys) {
    schema["properties"][key.name] = key_schema(key);
    if (key.required && key.only_for.empty() && may_require) {
      schema["required"].push_back(key.name);
    }
  }
}

Json section_schema(const std::string& name) {
  Json schema = object_schema();
  schema["description"] = section(name).help;
  add_keys(schema, section(name).keys);
  return schema;
}

Json reference(const std::string& definition) {
  return {{"$ref", "#/$defs/" + definition}};
}

// What a component's table may hold besides the component's settings, and what it must hold.
struct Frame {
  Json properties = Json::object();
  Json additional = false;
  bool require_use = true;
  bool require_settings = true;
};

// A table that chooses among components: `use` decides which settings it may have.
Json choice_schema(const std::vector<const Description*>& components, const Frame& frame) {
  Json schema = {{"type", "object"}, {"properties", {{"use", {{"enum", Json::array()}}}}}};
  if (frame.require_use) {
    schema["required"] = {"use"};
  }
  for (const auto* component : components) {
    schema["properties"]["use"]["enum"].push_back(component->name);
    Json branch = object_schema();
    branch["properties"] = frame.properties;
    branch["properties"]["use"] = {{"const", component->name}, {"description", component->summary}};
    branch["additionalProperties"] = frame.additional;
    add_keys(branch, keys_of(*component), frame.require_settings);
    const Json condition = {{"properties", {{"use", {{"const", component->name}}}}}, {"required", {"use"}}};
    schema["allOf"].push_back({{"if", condition}, {"then", branch}});
  }
  return schema;
}

std::vector<const Description*> components_of(const std::vector<Description>& catalog, Kind kind,
                                              const std::string& role = "") {
  std::vector<const Description*> found;
  for (const auto& description : catalog) {
    if (description.kind == kind && (role.empty() || description.role == role)) {
      found.push_back(&description);
    }
  }
  std::ranges::sort(found, {}, &Description::name);
  return found;
}

void add_sources(Frame& frame) {
  frame.properties["source"] = reference("source");
  frame.properties["sources"] = {{"type", "object"},
                                 {"description", "More datasets that this one is made from, by names of their own"},
                                 {"additionalProperties", reference("source")}};
}

Json dataset_schema(const std::vector<Description>& catalog) {
  Frame frame;
  for (const auto& key : section("dataset").keys) {
    frame.properties[key.name] = key_schema(key);
  }
  auto& range = frame.properties["range"];
  range["minItems"] = range["maxItems"] = 2;
  frame.properties["transform"] = section_schema("dataset.transform");
  add_sources(frame);
  return choice_schema(components_of(catalog, Kind::dataset), frame);
}

Json source_schema(const std::vector<Description>& catalog) {
  Frame frame;
  add_sources(frame);
  const auto datasets = components_of(catalog, Kind::dataset);
  Json names = Json::array();
  for (const auto* dataset : datasets) {
    names.push_back(dataset->name);
  }
  return {{"description", "The dataset that another one is made from"},
          {"oneOf", {{{"enum", names}}, choice_schema(datasets, frame)}}};
}

Json optimizer_schema(const std::vector<Description>& catalog) {
  Frame frame;
  frame.additional = reference("optimizer-group");
  return choice_schema(components_of(catalog, Kind::optimizer), frame);
}

// A group may leave out `use` and any setting: they are the optimizer's then.
Json optimizer_group_schema(const std::vector<Description>& catalog) {
  Frame frame;
  frame.require_use = false;
  frame.require_settings = false;
  Json schema = choice_schema(components_of(catalog, Kind::optimizer), frame);
  schema["description"] = "What is different for one parameter group";
  return schema;
}

// Any number of metrics, each under a name of its own.
Json metrics_schema(const std::vector<Description>& catalog) {
  Frame frame;
  for (const auto& key : section("metric").keys) {
    frame.properties[key.name] = key_schema(key);
  }
  return {{"type", "object"},
          {"description", section("metric").help},
          {"additionalProperties", choice_schema(components_of(catalog, Kind::metric), frame)}};
}

// What a sweep may say of one key, or of the keys below it.
Json swept_schema() {
  const Json ends = {{"type", "array"}, {"items", {{"type", "number"}}}, {"minItems", 2}, {"maxItems", 2}};
  const Json count = {{"type", "integer"}, {"minimum", 2}};
  const Json step = {{"type", "number"}, {"exclusiveMinimum", 0}};
  Json range = object_schema();
  range["properties"] = {{"range", ends}, {"step", step}, {"count", count}};
  range["required"] = {"range"};
  Json log_range = object_schema();
  log_range["properties"] = {{"log_range", ends}, {"count", count}};
  log_range["required"] = {"log_range"};
  return {{"description", "The values that a setting takes, or keys of settings"},
          {"anyOf",
           {{{"type", "array"}, {"minItems", 1}},
            range,
            log_range,
            {{"type", "object"}, {"additionalProperties", reference("swept")}}}}};
}

Json sweep_schema() {
  const Json group = {{"type", "object"}, {"additionalProperties", reference("swept")}};
  const Json condition = {{"type", "object"}, {"minProperties", 1}};
  const auto one_or_more = [](const Json& table, const char* help) {
    return Json{{"description", help}, {"anyOf", {table, {{"type", "array"}, {"items", table}}}}};
  };
  Json schema = object_schema();
  schema["description"] = "What varies: every combination of the values is a run";
  schema["properties"]["zip"] = one_or_more(group, "Settings that vary together");
  schema["properties"]["skip"] =
      one_or_more(condition, "Points that are left out: where all of a table's keys have these values");
  schema["properties"]["random"] = section_schema("sweep.random");
  schema["properties"]["halving"] = section_schema("sweep.halving");
  schema["additionalProperties"] = reference("swept");
  return schema;
}

Json loss_schema(const std::vector<Description>& catalog, const std::string& role) {
  return choice_schema(components_of(catalog, Kind::loss, role), {});
}

// If the model is this one, [loss] has its slots.
Json slots_of_model(const Description& model, const std::vector<Description>& catalog) {
  Json losses = object_schema();
  for (const auto& slot : model.slots) {
    losses["properties"][slot.name] = reference("loss-" + slot.role);
    losses["properties"][slot.name]["description"] = slot.help;
    if (catalog::find_component(catalog, Kind::loss, slot.default_loss) == nullptr) {
      losses["required"].push_back(slot.name);
    }
  }
  Json consequence = {{"properties", {{"loss", losses}}}};
  if (losses.contains("required")) {
    consequence["required"] = {"loss"};
  }
  const Json model_is = {{"properties", {{"use", {{"const", model.name}}}}}, {"required", {"use"}}};
  return {{"if", {{"properties", {{"model", model_is}}}, {"required", {"model"}}}}, {"then", consequence}};
}

Json definitions(const std::vector<Description>& catalog) {
  Json all = {{"source", source_schema(catalog)},
              {"optimizer-group", optimizer_group_schema(catalog)},
              {"swept", swept_schema()}};
  std::set<std::string> roles;
  for (const auto& description : catalog) {
    for (const auto& slot : description.slots) {
      roles.insert(slot.role);
    }
  }
  for (const auto& role : roles) {
    all["loss-" + role] = loss_schema(catalog, role);
  }
  return all;
}

}  // namespace

std::string json_schema(const std::vector<Description>& catalog) {
  Json schema = {{"$schema", "https://json-schema.org/draft/2020-12/schema"}, {"title", "Atelier experiment"}};
  schema.update(section_schema(""));
  auto& properties = schema["properties"];
  properties["dataset"] = dataset_schema(catalog);
  properties["model"] = choice_schema(components_of(catalog, Kind::model), {});
  properties["loss"] = {{"type", "object"}};
  properties["metric"] = metrics_schema(catalog);
  properties["optimizer"] = optimizer_schema(catalog);
  for (const char* name : {"schedule", "train", "evaluate", "sample", "checkpoint", "log", "start"}) {
    properties[name] = section_schema(name);
  }
  properties["sweep"] = sweep_schema();
  properties["train"]["properties"]["early_stopping"] = section_schema("train.early_stopping");
  for (const char* table : {"dataset", "model", "optimizer", "train"}) {
    schema["required"].push_back(table);
  }
  for (const auto* model : components_of(catalog, Kind::model)) {
    schema["allOf"].push_back(slots_of_model(*model, catalog));
  }
  schema["$defs"] = definitions(catalog);
  return schema.dump(2) + "\n";
}

}  // namespace atelier::experiment
