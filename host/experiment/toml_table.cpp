#include "experiment/toml_table.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "base/text.hpp"

namespace atelier::experiment {
namespace {

using catalog::SettingType;
using catalog::Value;

bool is_list(SettingType type) {
  return type >= SettingType::integers;
}

std::string range_text(const Key& key) {
  const char* const lower = key.above_minimum ? ">" : ">=";
  if (key.minimum && key.maximum) {
    return fmt::format("in {}{}, {}{}", key.above_minimum ? "(" : "[", *key.minimum, *key.maximum,
                       key.below_maximum ? ")" : "]");
  }
  if (key.minimum) {
    return fmt::format("{} {}", lower, *key.minimum);
  }
  return key.maximum ? fmt::format("{} {}", key.below_maximum ? "<" : "<=", *key.maximum) : "";
}

std::string choices_text(const Key& key) {
  std::vector<std::string> quoted;
  for (const auto& choice : key.choices) {
    quoted.push_back("'" + choice + "'");
  }
  return one_of(quoted);
}

// Reads one value of the experiment as the key wants it; remembers whether anything was wrong with it.
class ValueReader {
 public:
  ValueReader(Context& context, const Key& key) : context_(context), key_(key) {}

  std::optional<Value> read(const Node& node, const std::string& path) {
    const Value value = by_type(node, path);
    return right_ ? std::optional(value) : std::nullopt;
  }

 private:
  Value by_type(const Node& node, const std::string& path) {
    switch (key_.type) {
      case SettingType::boolean:
        if (node.kind != Node::Kind::boolean) {
          reject(node, path);
          return false;
        }
        return std::get<bool>(node.scalar);
      case SettingType::integer:
        return integer(node, path);
      case SettingType::number:
        return number(node, path);
      case SettingType::text:
        return text(node, path);
      case SettingType::integers:
        return list<int64_t>(node, path, &ValueReader::integer);
      case SettingType::numbers:
        return list<double>(node, path, &ValueReader::number);
      case SettingType::texts:
        return list<std::string>(node, path, &ValueReader::text);
    }
    return false;
  }

  int64_t integer(const Node& node, const std::string& path) {
    if (node.kind != Node::Kind::integer || !in_range(static_cast<double>(std::get<int64_t>(node.scalar)))) {
      reject(node, path);
      return 0;
    }
    return std::get<int64_t>(node.scalar);
  }

  double number(const Node& node, const std::string& path) {
    double value = 0;
    if (node.kind == Node::Kind::integer) {
      value = static_cast<double>(std::get<int64_t>(node.scalar));
    } else if (node.kind == Node::Kind::number) {
      value = std::get<double>(node.scalar);
    } else {
      reject(node, path);
      return 0;
    }
    if (!in_range(value) || !std::isfinite(value)) {
      reject(node, path);
    }
    return value;
  }

  std::string text(const Node& node, const std::string& path) {
    const std::string* const value = text_of(node);
    if (value == nullptr) {
      reject(node, path);
      return "";
    }
    if (!key_.choices.empty() && std::ranges::find(key_.choices, *value) == key_.choices.end()) {
      reject(node, path, did_you_mean(*value, key_.choices));
    }
    return *value;
  }

  template <typename T>
  std::vector<T> list(const Node& node, const std::string& path,
                      T (ValueReader::*element)(const Node&, const std::string&)) {
    std::vector<T> values;
    if (node.kind != Node::Kind::list) {
      right_ = false;
      context_.problems.add(node.place, path, fmt::format("got {}, expected {}", describe(node), expectation(key_)));
      return values;
    }
    for (size_t i = 0; i < node.children.size(); ++i) {
      values.push_back((this->*element)(node.children[i], fmt::format("{}[{}]", path, i)));
    }
    return values;
  }

  [[nodiscard]] bool in_range(double value) const {
    const bool high_enough = !key_.minimum || (key_.above_minimum ? value > *key_.minimum : value >= *key_.minimum);
    const bool low_enough = !key_.maximum || (key_.below_maximum ? value < *key_.maximum : value <= *key_.maximum);
    return high_enough && low_enough;
  }

  // Of a list it is an element that is rejected.
  void reject(const Node& node, const std::string& path, const std::string& hint = "") {
    Key element = key_;
    if (is_list(key_.type)) {
      element.type = static_cast<SettingType>(static_cast<int>(key_.type) - static_cast<int>(SettingType::integers) +
                                              static_cast<int>(SettingType::integer));
    }
    right_ = false;
    context_.problems.add(node.place, path,
                          fmt::format("got {}, expected {}{}", describe(node), expectation(element), hint));
  }

  Context& context_;
  const Key& key_;
  bool right_ = true;
};

Value zero_of(SettingType type) {
  switch (type) {
    case SettingType::boolean:
      return false;
    case SettingType::integer:
      return int64_t{0};
    case SettingType::number:
      return 0.0;
    case SettingType::text:
      return std::string();
    case SettingType::integers:
      return std::vector<int64_t>();
    case SettingType::numbers:
      return std::vector<double>();
    case SettingType::texts:
      return std::vector<std::string>();
  }
  return false;
}

// What a key has where the table does not give it, or gives it wrong.
std::optional<Value> fallback(const Key& key, const Values* base) {
  if (base != nullptr && base->values.count(key.name) != 0) {
    return base->values.at(key.name);
  }
  if (key.optional) {
    return std::nullopt;
  }
  return key.required ? zero_of(key.type) : key.default_value;
}

const Node empty_table{};

}  // namespace

std::optional<TomlTable> open_table(Context& context, const TomlTable& parent, const std::string& key) {
  const std::string path = join_path(parent.path, key);
  const Node* const node = find(*parent.node, key);
  if (node == nullptr) {
    return TomlTable{&empty_table, path, parent.place, false};
  }
  if (node->kind != Node::Kind::table) {
    context.problems.add(node->place, path, fmt::format("got {}, expected a table", describe(*node)));
    return std::nullopt;
  }
  return TomlTable{node, path, node->place, true};
}

Values read_values(Context& context, const TomlTable& table, const std::vector<Key>& keys, const Values* base) {
  Values read;
  for (const auto& key : keys) {
    const std::string path = join_path(table.path, key.name);
    std::optional<Value> value = fallback(key, base);
    Place origin;
    if (const Node* const node = find(*table.node, key.name)) {
      const auto given = ValueReader(context, key).read(*node, path);
      value = given ? given : value;
      origin = read.places[key.name] = node->place;
    } else if (base != nullptr && base->given(key.name)) {
      origin = read.places[key.name] = base->places.at(key.name);
    } else if (key.required && (base == nullptr || base->values.count(key.name) == 0)) {
      context.problems.add(table.place, path, "got nothing, expected " + expectation(key));
    }
    if (value) {
      context.resolved.push_back({table.path, quote_key(key.name), catalog::to_string(*value), origin});
      read.values[key.name] = std::move(*value);
    }
  }
  return read;
}

void report_unknown(Context& context, const TomlTable& table, const std::vector<std::string>& known) {
  for (const auto& child : table.node->children) {
    if (std::ranges::find(known, child.key) != known.end()) {
      continue;
    }
    context.problems.add(child.key_place, join_path(table.path, child.key),
                         "got an unknown key" + instead_of(child.key, known));
  }
}

std::string expectation(const Key& key) {
  if (!key.choices.empty()) {
    return (is_list(key.type) ? "a list of " : "") + choices_text(key);
  }
  std::string text = catalog::name_of(key.type);
  if (key.type == SettingType::number && !(key.minimum && key.maximum)) {
    text = "a finite number";
  }
  const std::string range = range_text(key);
  if (range.empty()) {
    return text;
  }
  return text + (is_list(key.type) ? ", each " : " ") + range;
}

}  // namespace atelier::experiment
