#include "experiment/document.hpp"

#include <fmt/core.h>
#include <toml++/toml.h>

#include <algorithm>
#include <sstream>

#include "base/error.hpp"
#include "catalog/description.hpp"
#include "experiment/problems.hpp"

namespace atelier::experiment {
namespace {

class Converter {
 public:
  explicit Converter(std::string_view file_name) : file_name_(file_name) {}

  [[nodiscard]] Node convert(const toml::node& source) const {
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

 private:
  void convert_table(const toml::table& table, Node& node) const {
    node.kind = Node::Kind::table;
    for (const auto& [key, value] : table) {
      Node child = convert(value);
      child.key = key.str();
      child.key_place = place(key.source());
      node.children.push_back(std::move(child));
    }
  }

  static void convert_scalar(const toml::node& source, Node& node) {
    if (const auto* boolean = source.as_boolean()) {
      node.kind = Node::Kind::boolean;
      node.scalar = boolean->get();
    } else if (const auto* integer = source.as_integer()) {
      node.kind = Node::Kind::integer;
      node.scalar = integer->get();
    } else if (const auto* number = source.as_floating_point()) {
      node.kind = Node::Kind::number;
      node.scalar = number->get();
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

  [[nodiscard]] Place place(const toml::source_region& region) const {
    Place place;
    place.file = file_name_;
    place.line = std::max(1, static_cast<int>(region.begin.line));
    place.column = std::max(1, static_cast<int>(region.begin.column));
    return place;
  }

  std::string file_name_;
};

}  // namespace

Node parse_document(std::string_view text, std::string_view file_name) {
  try {
    return Converter(file_name).convert(toml::parse(text, file_name));
  } catch (const toml::parse_error& error) {
    throw Error(ErrorKind::experiment, "{}:{}:{}: syntax error: {}", file_name, error.source().begin.line,
                error.source().begin.column, printable(error.description()));
  }
}

const Node* find(const Node& table, std::string_view key) {
  const auto found = std::ranges::find(table.children, key, &Node::key);
  return table.kind == Node::Kind::table && found != table.children.end() ? &*found : nullptr;
}

std::string literal(const Node& node) {
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
