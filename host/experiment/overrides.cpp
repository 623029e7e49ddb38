#include "experiment/overrides.hpp"

#include <algorithm>
#include <string_view>
#include <utility>
#include <variant>

#include "catalog/description.hpp"

namespace atelier::experiment {
namespace {

constexpr std::string_view whitespace = " \t\r\n";

// The '=' that ends the key: the first one outside of quotes.
size_t end_of_key(std::string_view text) {
  char quote = '\0';
  for (size_t i = 0; i < text.size(); ++i) {
    if (quote != '\0') {
      quote = text[i] == quote ? '\0' : quote;
    } else if (text[i] == '"' || text[i] == '\'') {
      quote = text[i];
    } else if (text[i] == '=') {
      return i;
    }
  }
  return std::string_view::npos;
}

std::string trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(whitespace);
  return first == std::string_view::npos
             ? ""
             : std::string(text.substr(first, text.find_last_not_of(whitespace) + 1 - first));
}

std::string line_of(const std::string& key, const std::string& value) {
  return key + " = " + value;
}

// Whether the value ends before its text does: the rest is a comment then. Inside of a list it would take the bracket.
bool has_comment(const std::string& key, const std::string& value) {
  return value.find('#') != std::string::npos &&
         !std::holds_alternative<Node>(read_document(line_of(key, "[" + value + "]"), ""));
}

// The tables that the key names, with the value as their only leaf.
std::variant<Node, Refusal> read_line(const std::string& key, const std::string& value) {
  std::variant<Node, Refusal> read = read_document(line_of(key, value), "");
  const auto* root = std::get_if<Node>(&read);
  if (root != nullptr && root->children.size() != 1) {
    return Refusal{};
  }
  if (root != nullptr && has_comment(key, value)) {
    return Refusal{{}, "got a value and a comment, expected one value; hint: a text with '#' needs quotes", false};
  }
  return read;
}

bool is_no_toml(const std::variant<Node, Refusal>& read) {
  const auto* refusal = std::get_if<Refusal>(&read);
  return refusal != nullptr && refusal->syntax;
}

std::variant<Node, Refusal> read_override(std::string_view text) {
  const size_t equals = end_of_key(text);
  if (equals == std::string_view::npos) {
    return Refusal{};
  }
  const std::string key = trimmed(text.substr(0, equals));
  const std::string value = trimmed(text.substr(equals + 1));
  if (key.find('\n') != std::string::npos) {
    return Refusal{};
  }
  // Over several lines a value could go on with other keys; it is a string then.
  std::variant<Node, Refusal> read = Refusal{};
  if (value.find('\n') == std::string::npos) {
    read = read_line(key, value);
  }
  return is_no_toml(read) ? read_line(key, catalog::to_string(value)) : std::move(read);
}

void set_place(Node& node, const Place& place) {
  node.place = node.key_place = place;
  for (auto& child : node.children) {
    set_place(child, place);
  }
}

void merge(Node& table, Node&& changes) {
  for (auto& change : changes.children) {
    const auto found = std::ranges::find(table.children, change.key, &Node::key);
    if (found == table.children.end()) {
      table.children.push_back(std::move(change));
    } else if (found->kind == Node::Kind::table && change.kind == Node::Kind::table) {
      merge(*found, std::move(change));
    } else {
      *found = std::move(change);
    }
  }
}

}  // namespace

void apply_overrides(Node& root, const std::vector<std::string>& overrides, Problems& problems) {
  for (size_t i = 0; i < overrides.size(); ++i) {
    Place place;
    place.override_text = overrides[i];
    place.override_index = static_cast<int>(i) + 1;
    std::variant<Node, Refusal> read = read_override(overrides[i]);
    if (const auto* refusal = std::get_if<Refusal>(&read)) {
      problems.add(place, "",
                   refusal->syntax ? "got no key and value, expected key=value with a key such as model.latent"
                                   : refusal->reason);
      continue;
    }
    auto& changes = std::get<Node>(read);
    set_place(changes, place);
    merge(root, std::move(changes));
  }
}

}  // namespace atelier::experiment
