#include "experiment/overrides.hpp"

#include <algorithm>
#include <optional>
#include <string_view>

#include "base/error.hpp"
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

std::optional<Node> try_parse(const std::string& key, const std::string& value) {
  try {
    Node root = parse_document(key + " = " + value, "");
    return root.children.size() == 1 ? std::optional(std::move(root)) : std::nullopt;
  } catch (const Error&) {
    return std::nullopt;
  }
}

// The tables that the key names, with the value as their only leaf.
std::optional<Node> parse_override(std::string_view text) {
  const size_t equals = end_of_key(text);
  if (equals == std::string_view::npos) {
    return std::nullopt;
  }
  const std::string key = trimmed(text.substr(0, equals));
  const std::string value = trimmed(text.substr(equals + 1));
  if (key.find('\n') != std::string::npos) {
    return std::nullopt;
  }
  // Over several lines a value could go on with other keys; it is a string then.
  auto root = value.find('\n') == std::string::npos ? try_parse(key, value) : std::nullopt;
  return root ? root : try_parse(key, catalog::to_string(value));
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
    auto changes = parse_override(overrides[i]);
    if (!changes) {
      problems.add(place, "", "got no key and value, expected key=value with a key such as model.latent");
      continue;
    }
    set_place(*changes, place);
    merge(root, std::move(*changes));
  }
}

}  // namespace atelier::experiment
