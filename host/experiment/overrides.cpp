#include "experiment/overrides.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <optional>
#include <utility>

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

// Over several lines a value could go on with other keys; it is a string then.
bool is_one_literal(const std::string& key, const std::string& value) {
  return value.find('\n') == std::string::npos && !is_no_toml(read_line(key, value));
}

// Where the string or the bracket that begins here is closed; the end of the text where it is not.
size_t end_of_enclosed(std::string_view text, size_t begin) {
  size_t depth = 0;
  char quote = '\0';
  for (size_t i = begin; i < text.size(); ++i) {
    const char next = text[i];
    if (quote != '\0') {
      i += quote == '"' && next == '\\' ? 1 : 0;
      quote = next == quote ? '\0' : quote;
    } else if (next == '"' || next == '\'') {
      quote = next;
    } else if (next == '[' || next == '{') {
      ++depth;
    } else if (next == ']' || next == '}') {
      depth -= depth > 0 ? 1 : 0;
    }
    if (quote == '\0' && depth == 0) {
      return i;
    }
  }
  return text.size();
}

// The pieces between the commas that are outside of strings and brackets; nothing where one of these has no end.
std::vector<std::string> between_commas(std::string_view text) {
  std::vector<std::string> pieces(1);
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == ',') {
      pieces.emplace_back();
      continue;
    }
    const size_t last = end_of_enclosed(text, i);
    if (last == text.size()) {
      return {};
    }
    pieces.back() += text.substr(i, last + 1 - i);
    i = last;
  }
  return pieces;
}

// In the only leaf of the key's tables, where it is no text.
void keep_word(Node& node, const std::string& value) {
  using enum Node::Kind;
  if (node.kind == table && node.children.size() == 1 && value.front() != '{') {
    keep_word(node.children.front(), value);
  } else if (node.kind == boolean || node.kind == integer || node.kind == number || node.kind == date) {
    node.word = value;
  }
}

// "model.latent" and "10"; nothing where it has no such parts.
std::optional<std::pair<std::string, std::string>> key_and_value(std::string_view text) {
  const size_t equals = end_of_key(text);
  if (equals == std::string_view::npos || trimmed(text.substr(0, equals)).find('\n') != std::string::npos) {
    return std::nullopt;
  }
  return std::pair(trimmed(text.substr(0, equals)), trimmed(text.substr(equals + 1)));
}

}  // namespace

std::variant<Node, Refusal> read_override(std::string_view text) {
  const auto parts = key_and_value(text);
  if (!parts) {
    return Refusal{};
  }
  const auto& [key, value] = *parts;
  const size_t values = each_value(text).size();
  if (values > 1) {
    return Refusal{{},
                   fmt::format("got {} values, expected one: several make a sweep, which 'atelier run' takes; hint: a "
                               "text with ',' needs quotes: {}='\"{}\"'",
                               values, key, value),
                   false};
  }
  if (!is_one_literal(key, value)) {
    return read_line(key, catalog::to_string(value));
  }
  std::variant<Node, Refusal> read = read_line(key, value);
  if (auto* root = std::get_if<Node>(&read)) {
    keep_word(*root, value);
  }
  return read;
}

std::vector<std::string> each_value(std::string_view text) {
  const auto parts = key_and_value(text);
  std::vector<std::string> all{std::string(text)};
  if (!parts || is_one_literal(parts->first, parts->second)) {
    return all;
  }
  const std::vector<std::string> pieces = between_commas(parts->second);
  const auto is_value = [&](const std::string& piece) {
    return !piece.empty() && trimmed(piece) == piece &&
           (is_one_literal(parts->first, piece) || piece.find_first_of(whitespace) == std::string::npos);
  };
  if (pieces.size() > 1 && std::ranges::all_of(pieces, is_value)) {
    all.clear();
    for (const std::string& piece : pieces) {
      all.push_back(parts->first + "=" + piece);
    }
  }
  return all;
}

std::vector<std::string> path_of(std::string_view text) {
  const auto parts = key_and_value(text);
  const std::variant<Node, Refusal> read = parts ? read_line(parts->first, "0") : Refusal{};
  std::vector<std::string> path;
  if (const auto* root = std::get_if<Node>(&read)) {
    for (const Node* node = root; node->kind == Node::Kind::table; node = &node->children.front()) {
      path.push_back(node->children.front().key);
    }
  }
  return path;
}

Place place_of_override(const std::string& text, size_t index) {
  Place place;
  place.override_text = text;
  place.override_index = static_cast<int>(index) + 1;
  return place;
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

void apply_overrides(Node& root, const std::vector<std::string>& overrides, Problems& problems) {
  for (size_t i = 0; i < overrides.size(); ++i) {
    const Place place = place_of_override(overrides[i], i);
    std::variant<Node, Refusal> read = read_override(overrides[i]);
    if (const auto* refusal = std::get_if<Refusal>(&read)) {
      problems.add(place, "", refusal->syntax ? no_override : refusal->reason);
      continue;
    }
    auto& changes = std::get<Node>(read);
    set_place(changes, place);
    merge(root, std::move(changes));
  }
}

}  // namespace atelier::experiment
