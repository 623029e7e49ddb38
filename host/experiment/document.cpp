#include "experiment/document.hpp"

#include <fmt/core.h>
#include <toml++/toml.h>

#include <algorithm>
#include <optional>
#include <sstream>

#include "base/error.hpp"
#include "base/printable.hpp"
#include "catalog/description.hpp"

namespace atelier::experiment {
namespace {

// Whether the text of a number has a digit other than 0 before its exponent.
bool is_written_nonzero(std::string_view literal) {
  return literal.substr(0, literal.find_first_of("eE")).find_first_of("123456789") != std::string_view::npos;
}

class Converter {
 public:
  Converter(std::string_view text, std::string_view file_name) : text_(text), file_name_(file_name) {}

  std::variant<Node, Refusal> convert_document(const toml::table& source) {
    Node node = convert(source);
    if (refusal_) {
      return *refusal_;
    }
    return node;
  }

 private:
  [[nodiscard]] Node convert(const toml::node& source) {
    Node node;
    node.place = place(source.source());
    if (const auto* table = source.as_table()) {
      convert_table(*table, node);
    } else if (const auto* list = source.as_array()) {
      node.kind = Node::Kind::list;
      for (const toml::node& element : *list) {
        node.children.push_back(convert(element));
      }
    } else {
      convert_scalar(source, node);
    }
    return node;
  }

  void convert_table(const toml::table& table, Node& node) {
    node.kind = Node::Kind::table;
    for (const auto& [key, value] : table) {
      Node child = convert(value);
      child.key = key.str();
      child.key_place = place(key.source());
      node.children.push_back(std::move(child));
    }
  }

  void convert_scalar(const toml::node& source, Node& node) {
    if (const auto* boolean = source.as_boolean()) {
      node.kind = Node::Kind::boolean;
      node.scalar = boolean->get();
    } else if (const auto* integer = source.as_integer()) {
      node.kind = Node::Kind::integer;
      node.scalar = integer->get();
    } else if (const auto* number = source.as_floating_point()) {
      node.kind = Node::Kind::number;
      node.scalar = number->get();
      check_range(number->get(), source.source().begin);
    } else if (const auto* text = source.as_string()) {
      node.kind = Node::Kind::text;
      node.scalar = text->get();
    } else {
      std::ostringstream date;
      date << toml::node_view<const toml::node>(source);
      node.kind = Node::Kind::date;
      node.scalar = date.str();
    }
  }

  // The parser takes what is too small for a number as 0.
  void check_range(double value, const toml::source_position& begin) {
    const std::string_view literal = token_at(begin);
    if (value == 0 && is_written_nonzero(literal)) {
      refusal_ = Refusal{{static_cast<int>(begin.line), static_cast<int>(begin.column)},
                         fmt::format("got {}, which would be 0: the smallest number is about 5e-324", literal),
                         false};
    }
  }

  // What stands at this place of the text, to the end of the value.
  [[nodiscard]] std::string_view token_at(const toml::source_position& begin) const {
    std::string_view rest = text_;
    for (toml::source_index line = 1; line < begin.line; ++line) {
      rest = rest.substr(std::min(rest.find('\n'), rest.size() - 1) + 1);
    }
    toml::source_index column = 0;
    const auto start =
        std::ranges::find_if(rest, [&](char byte) { return !is_continuation(byte) && ++column == begin.column; });
    rest.remove_prefix(static_cast<size_t>(start - rest.begin()));
    return rest.substr(0, rest.find_first_of(" \t\r\n,]}#"));
  }

  [[nodiscard]] Place place(const toml::source_region& region) const {
    Place place;
    place.file = file_name_;
    place.line = std::max(1, static_cast<int>(region.begin.line));
    place.column = std::max(1, static_cast<int>(region.begin.column));
    return place;
  }

  std::string_view text_;
  std::string file_name_;
  std::optional<Refusal> refusal_;
};

}  // namespace

std::variant<Node, Refusal> read_document(std::string_view text, std::string_view file_name) {
  if (const auto position = find_too_deep(text)) {
    return Refusal{*position, fmt::format("nested deeper than {} levels", deepest_nesting), false};
  }
  try {
    return Converter(text, file_name).convert_document(toml::parse(text, file_name));
  } catch (const toml::parse_error& error) {
    const toml::source_position& begin = error.source().begin;
    return Refusal{{static_cast<int>(begin.line), static_cast<int>(begin.column)}, printable(error.description())};
  }
}

Node parse_document(std::string_view text, std::string_view file_name) {
  std::variant<Node, Refusal> read = read_document(text, file_name);
  if (const auto* refusal = std::get_if<Refusal>(&read)) {
    throw Error(ErrorKind::experiment, "{}:{}:{}: {}{}", file_name, refusal->position.line, refusal->position.column,
                refusal->syntax ? "syntax error: " : "", refusal->reason);
  }
  return std::move(std::get<Node>(read));
}

const Node* find(const Node& table, std::string_view key) {
  const auto found = std::ranges::find(table.children, key, &Node::key);
  return table.kind == Node::Kind::table && found != table.children.end() ? &*found : nullptr;
}

const std::string* text_of(const Node& node) {
  if (node.kind == Node::Kind::text) {
    return &std::get<std::string>(node.scalar);
  }
  return node.word.empty() ? nullptr : &node.word;
}

std::string literal(const Node& node) {
  if (!node.word.empty()) {
    return node.word;
  }
  const bool table = node.kind == Node::Kind::table;
  if (table || node.kind == Node::Kind::list) {
    std::string text;
    for (const auto& child : node.children) {
      text += (text.empty() ? "" : ", ") + (table ? quote_key(child.key) + " = " : "") + literal(child);
    }
    return table ? "{" + text + "}" : "[" + text + "]";
  }
  if (node.kind == Node::Kind::date) {
    return std::get<std::string>(node.scalar);
  }
  return catalog::to_string(std::visit([](const auto& value) { return catalog::Value(value); }, node.scalar));
}

std::string describe(const Node& node) {
  switch (node.kind) {
    case Node::Kind::text:
      return fmt::format("the string '{}'", printable(std::get<std::string>(node.scalar)));
    case Node::Kind::list:
      return "a list";
    case Node::Kind::table:
      return "a table";
    case Node::Kind::date:
      return "the date or time " + literal(node);
    default:
      return literal(node);
  }
}

std::string quote_key(std::string_view key) {
  constexpr std::string_view bare = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
  const bool is_bare = !key.empty() && key.find_first_not_of(bare) == std::string_view::npos;
  return is_bare ? std::string(key) : catalog::to_string(std::string(key));
}

std::string join_path(std::string_view table, std::string_view key) {
  return (table.empty() ? "" : std::string(table) + ".") + quote_key(key);
}

}  // namespace atelier::experiment
