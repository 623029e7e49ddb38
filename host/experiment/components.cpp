#include "experiment/components.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/printable.hpp"
#include "base/text.hpp"
#include "catalog/names.hpp"
#include "experiment/sections.hpp"

namespace atelier::experiment {
namespace {

using catalog::Description;
using catalog::Kind;

constexpr const char* the_source = "source";

std::string with_article(const std::string& noun) {
  const bool vowel = !noun.empty() && std::string_view("aeiou").find(noun.front()) != std::string_view::npos;
  return (vowel ? "an " : "a ") + noun;
}

// The components that a table may choose from.
struct Wanted {
  Kind kind;
  std::string role;  // of a loss; "" for any

  [[nodiscard]] bool accepts(const Description& description) const {
    return description.kind == kind && (role.empty() || description.role == role);
  }

  // "a model", "an adversarial loss"
  [[nodiscard]] std::string text() const {
    return with_article((role.empty() ? "" : role + " ") + catalog::name_of(kind));
  }

  [[nodiscard]] std::vector<std::string> names(const std::vector<Description>& catalog) const {
    std::vector<std::string> names;
    for (const auto& description : catalog) {
      if (accepts(description)) {
        names.push_back(description.name);
      }
    }
    std::ranges::sort(names);
    return names;
  }

  // " (known: a, b, c)"
  [[nodiscard]] std::string known(const std::vector<Description>& catalog) const {
    const auto all = names(catalog);
    return fmt::format(" (known: {})", list_of(all));
  }
};

// Why this name is not among the wanted ones.
std::string wrong_name(const Context& context, const std::string& name, const Wanted& wanted) {
  const std::string got = "got '" + printable(name) + "'";
  const std::string expected = ", expected " + wanted.text();
  const std::string known = wanted.known(context.catalog);
  if (const auto* loss = catalog::find_component(context.catalog, Kind::loss, name);
      loss && wanted.kind == Kind::loss) {
    return got + ", which is " + with_article(loss->role) + " loss" + expected + known;
  }
  const std::string hint = did_you_mean(name, wanted.names(context.catalog));
  const std::string elsewhere = context.where_from ? context.where_from(name) : "";
  if (!hint.empty() && elsewhere.empty()) {  // a log's names have no typing errors
    return got + expected + hint;
  }
  const auto other = std::ranges::find(context.catalog, name, &Description::name);
  if (other != context.catalog.end() && other->kind == Kind::unknown) {
    return got + ", which is of the interface '" + other->interface_name + "', which this atelier does not know (" +
           other->plugin_path + ")" + expected + known + "; hint: use a newer atelier";
  }
  if (other != context.catalog.end()) {
    return got + ", which is " + with_article(catalog::name_of(other->kind)) + expected + known;
  }
  return got + expected + known + elsewhere;
}

// The component that the table's `use` names, or `otherwise` where it has none; null, and a problem, where that is none
// either.
const Description* read_use(Context& context, const TomlTable& table, const Wanted& wanted,
                            const Description* otherwise, const std::string& why_needed,
                            const Place& otherwise_origin = {}) {
  const std::string path = join_path(table.path, "use");
  const Node* const node = find(*table.node, "use");
  const Description* chosen = otherwise;
  if (node == nullptr && otherwise == nullptr) {
    context.problems.add(table.place, path,
                         "got nothing, expected " + wanted.text() + why_needed + wanted.known(context.catalog));
  } else if (node != nullptr && text_of(*node) == nullptr) {
    context.problems.add(
        node->place, path,
        "got " + describe(*node) + ", expected the name of " + wanted.text() + wanted.known(context.catalog));
    chosen = nullptr;
  } else if (node != nullptr) {
    const std::string& name = *text_of(*node);
    chosen = catalog::find_component(context.catalog, wanted.kind, name);
    if (chosen == nullptr || !wanted.accepts(*chosen)) {
      context.problems.add(node->place, path, wrong_name(context, name, wanted));
      chosen = nullptr;
    }
  }
  if (chosen != nullptr) {
    context.resolved.push_back(
        {table.path, "use", catalog::to_string(chosen->name), node != nullptr ? node->place : otherwise_origin});
  }
  return chosen;
}

// The settings of a chosen component; `others` are the keys of its table that are no settings.
void read_settings(Context& context, const TomlTable& table, const Description& description,
                   std::vector<std::string> others, Component& component, const Component* base = nullptr) {
  const Values inherited = base != nullptr ? Values{base->settings, base->places} : Values{};
  auto read = read_values(context, table, keys_of(description), base != nullptr ? &inherited : nullptr);
  component.use = description.name;
  component.settings = std::move(read.values);
  component.places = std::move(read.places);
  if (const Node* const use = find(*table.node, "use")) {
    component.places["use"] = use->place;
  }
  component.place = table.given ? table.place : Place{};
  for (const auto& setting : description.settings) {
    others.push_back(setting.name);
  }
  report_unknown(context, table, others);
}

void read_range(Context& context, const TomlTable& table, const Values& values, Dataset& dataset) {
  const auto& range = values.get<std::vector<double>>("range");
  if (range.size() == 2 && range[0] < range[1]) {
    dataset.low = range[0];
    dataset.high = range[1];
  } else {
    context.problems.add(values.places.at("range"), join_path(table.path, "range"),
                         fmt::format("got {}, expected [low, high] with low < high", catalog::to_string(range)));
  }
}

void read_transform(Context& context, const TomlTable& parent, Transform& transform) {
  const auto table = open_table(context, parent, "transform");
  if (!table) {
    return;
  }
  report_unknown(context, *table, names_in(section("dataset.transform")));
  const Values values = read_values(context, *table, section("dataset.transform").keys);
  transform.crop = values.get<int64_t>("crop");
  transform.flip = values.get<double>("flip");
  transform.shift = values.get<int64_t>("shift");
  transform.noise = values.get<double>("noise");
  transform.levels = values.get<int64_t>("levels");
  const auto& binarize = values.get<std::string>("binarize");
  transform.binarize = binarize == "threshold" ? Binarize::threshold
                       : binarize == "fixed"   ? Binarize::fixed
                       : binarize == "fresh"   ? Binarize::fresh
                                               : Binarize::none;
  if (transform.levels == 1) {
    context.problems.add(values.places.at("levels"), join_path(table->path, "levels"),
                         "got 1, expected an integer in [2, 256], or 0 for off");
  }
  if (transform.levels > 0 && transform.binarize != Binarize::none) {
    context.problems.add(std::max(values.places.at("levels"), values.places.at("binarize")), table->path,
                         "got both 'levels' and 'binarize', expected at most one of them");
  }
}

void read_sources(Context& context, const TomlTable& parent, Dataset& dataset);

void read_dataset_component(Context& context, const TomlTable& table, std::vector<std::string> others, Dataset& dataset,
                            const Description* description) {
  others.insert(others.end(), {"use", "source", "sources"});
  if (description != nullptr) {
    read_settings(context, table, *description, std::move(others), dataset);
  }
  read_sources(context, table, dataset);
}

// `source = "mnist"` is short for a table with that `use`.
std::shared_ptr<const Dataset> read_source(Context& context, const Node& node, const std::string& path) {
  Node expanded = node;
  if (text_of(node) != nullptr) {
    expanded.kind = Node::Kind::table;
    expanded.children = {node};
    expanded.children.front().key = "use";
  } else if (node.kind != Node::Kind::table) {
    context.problems.add(node.place, path,
                         fmt::format("got {}, expected the name of a dataset or a table", describe(node)));
    return nullptr;
  }
  auto source = std::make_shared<Dataset>();
  const TomlTable table{&expanded, path, node.place, true};
  const auto* description = read_use(context, table, {Kind::dataset, ""}, nullptr, "");
  read_dataset_component(context, table, {}, *source, description);
  return source;
}

// `source`, and those in `sources` under names of their own.
void read_sources(Context& context, const TomlTable& parent, Dataset& dataset) {
  const auto add = [&](const std::string& name, const Node& node, const std::string& path) {
    if (auto source = read_source(context, node, path)) {
      dataset.sources[name] = std::move(source);
    }
  };
  if (const Node* const node = find(*parent.node, the_source)) {
    add(the_source, *node, join_path(parent.path, the_source));
  }
  const auto table = open_table(context, parent, "sources");
  for (const Node& child : table ? table->node->children : std::vector<Node>()) {
    if (child.key == the_source) {
      context.problems.add(child.key_place, table->path,
                           fmt::format("got the name '{}', expected another: [{}] has it", the_source,
                                       join_path(parent.path, the_source)));
    } else if (const std::string problem = catalog::problem_of_name(child.key); !problem.empty()) {
      context.problems.add(child.key_place, table->path, fmt::format("{} {}", catalog::quoted(child.key), problem));
    } else {
      add(child.key, child, join_path(table->path, child.key));
    }
  }
}

const Description* default_loss(Context& context, const catalog::LossSlot& slot) {
  const auto* loss = catalog::find_component(context.catalog, Kind::loss, slot.default_loss);
  return loss != nullptr && loss->role == slot.role ? loss : nullptr;
}

Component read_loss(Context& context, const TomlTable& table, const std::string& model, const catalog::LossSlot& slot) {
  std::string why = fmt::format(": model '{}' needs [{}]", model, table.path);
  if (!slot.default_loss.empty()) {
    why += fmt::format(", as its default loss '{}' is not loaded", slot.default_loss);
  }
  Component loss;
  const auto* description = read_use(context, table, {Kind::loss, slot.role}, default_loss(context, slot), why);
  if (description != nullptr) {
    read_settings(context, table, *description, {"use"}, loss);
  }
  return loss;
}

Component read_group(Context& context, const TomlTable& table, const Component& base,
                     const Description* base_description) {
  Component group;
  const Node* const use = find(*table.node, "use");
  if (use == nullptr && base_description == nullptr) {
    return group;  // what is wrong with [optimizer] was said there
  }
  const auto* description = read_use(context, table, {Kind::optimizer, ""}, base_description, "",
                                     base.places.count("use") != 0 ? base.places.at("use") : Place{});
  if (description != nullptr) {
    read_settings(context, table, *description, {"use"}, group, description == base_description ? &base : nullptr);
  }
  return group;
}

}  // namespace

Dataset read_dataset(Context& context, const TomlTable& root) {
  Dataset dataset;
  const auto table = open_table(context, root, "dataset");
  if (!table) {
    return dataset;
  }
  const auto* description = read_use(context, *table, {Kind::dataset, ""}, nullptr, "");
  const auto values = read_values(context, *table, section("dataset").keys);
  read_range(context, *table, values, dataset);
  dataset.validation = values.get<double>("validation");
  read_dataset_component(context, *table, names_in(section("dataset")), dataset, description);
  read_transform(context, *table, dataset.transform);
  return dataset;
}

Component read_model(Context& context, const TomlTable& root) {
  Component model;
  const auto table = open_table(context, root, "model");
  if (!table) {
    return model;
  }
  if (const auto* description = read_use(context, *table, {Kind::model, ""}, nullptr, "")) {
    read_settings(context, *table, *description, {"use"}, model);
  }
  return model;
}

std::map<std::string, Component> read_losses(Context& context, const TomlTable& root, const Component& model) {
  std::map<std::string, Component> losses;
  auto table = open_table(context, root, "loss");
  const auto* description = catalog::find_component(context.catalog, Kind::model, model.use);
  if (!table || description == nullptr) {
    return losses;  // the slots are the model's: without one there is nothing to check against
  }
  std::vector<std::string> slots;
  for (const auto& slot : description->slots) {
    slots.push_back(slot.name);
    auto slot_table = open_table(context, *table, slot.name);
    if (slot_table) {
      slot_table->place = slot_table->given ? slot_table->place : model.place;
      losses[slot.name] = read_loss(context, *slot_table, model.use, slot);
    }
  }
  if (slots.empty() && !table->node->children.empty()) {
    context.problems.add(table->place, "loss",
                         "got a loss, expected none: model '" + model.use + "' has no loss slots");
  } else {
    report_unknown(context, *table, slots);
  }
  return losses;
}

// A metric's name begins its columns' names in the log.
bool can_be_a_column(const std::string& name) {
  constexpr size_t longest = 100;
  return !name.empty() && name.size() <= longest && catalog::problem_of_logged_name(name).empty() &&
         std::ranges::all_of(name, [](unsigned char c) { return std::isalnum(c) != 0 || c == '-' || c == '_'; });
}

std::map<std::string, MetricChoice> read_metrics(Context& context, const TomlTable& root) {
  std::map<std::string, MetricChoice> metrics;
  const auto all = open_table(context, root, "metric");
  if (!all) {
    return metrics;
  }
  for (const auto& child : all->node->children) {
    if (!can_be_a_column(child.key)) {
      context.problems.add(
          child.key_place, "metric",
          fmt::format("got the name '{}', expected 1 to 100 letters, digits, '-' and '_', and not 'step', 'steps' "
                      "or 'epoch'",
                      child.key));
      continue;
    }
    const auto table = open_table(context, *all, child.key);
    const auto* description = table ? read_use(context, *table, {Kind::metric, ""}, nullptr, "") : nullptr;
    if (description == nullptr) {
      continue;
    }
    MetricChoice& metric = metrics[child.key];
    metric.at_end = read_values(context, *table, section("metric").keys).get<std::string>("when") == "end";
    std::vector<std::string> others = names_in(section("metric"));
    others.emplace_back("use");
    read_settings(context, *table, *description, others, metric);
  }
  return metrics;
}

Component read_optimizer(Context& context, const TomlTable& root, std::map<std::string, Component>& groups) {
  Component optimizer;
  const auto table = open_table(context, root, "optimizer");
  if (!table) {
    return optimizer;
  }
  const auto* description = read_use(context, *table, {Kind::optimizer, ""}, nullptr, "");
  // A table within it is a parameter group, unless a setting has that name.
  const auto settings = description != nullptr ? keys_of(*description) : std::vector<Key>();
  std::vector<std::string> names;
  for (const auto& child : table->node->children) {
    const bool setting = child.key == "use" || std::ranges::find(settings, child.key, &Key::name) != settings.end();
    if (child.kind == Node::Kind::table && !setting) {
      names.push_back(child.key);
    }
  }
  if (description != nullptr) {
    auto others = names;
    others.push_back("use");
    read_settings(context, *table, *description, others, optimizer);
  }
  for (const auto& name : names) {
    groups[name] = read_group(context, *open_table(context, *table, name), optimizer, description);
  }
  return optimizer;
}

std::vector<Key> keys_of(const Description& description) {
  std::vector<Key> keys;
  for (const auto& setting : description.settings) {
    keys.emplace_back().catalog::SettingDescription::operator=(setting);
  }
  return keys;
}

}  // namespace atelier::experiment
