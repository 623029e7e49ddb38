// A TOML document as a tree of values that know their places. The only part of the host that includes toml++ is
// document.cpp.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "experiment/nesting.hpp"
#include "experiment/place.hpp"

namespace atelier::experiment {

struct Node {
  enum class Kind { boolean, integer, number, text, date, list, table };

  Kind kind = Kind::table;
  std::variant<bool, int64_t, double, std::string> scalar;  // by kind; of a date its text
  std::string word;  // of an override's bare value that is no text: as it was written, "1e-3"; "" for all others
  std::vector<Node> children;  // of a list or a table
  std::string key;             // in the table that it belongs to
  Place key_place;
  Place place;  // of the value; of a table, of its header
};

// Why a text is not taken, and where in it.
struct Refusal {
  TextPosition position;
  std::string reason;
  bool syntax = true;  // it is no TOML; otherwise it is, and says what no experiment can mean
};
std::variant<Node, Refusal> read_document(std::string_view text, std::string_view file_name);

// Throws Error(experiment), "file:line:column: syntax error: ...".
Node parse_document(std::string_view text, std::string_view file_name);

// The child with this key, or null.
const Node* find(const Node& table, std::string_view key);

// What a setting that is a text has from it: of a bare value its word, as a run's id may look like a number
// ("12345e67"); null where it is none.
const std::string* text_of(const Node& node);

// As TOML writes it, on one line; a bare value of an override as it was written.
std::string literal(const Node& node);

// A value for a message: "the string 'ten'", "2.5", "a table".
std::string describe(const Node& node);

// A key as TOML writes it: bare where it can be, otherwise quoted.
std::string quote_key(std::string_view key);

// "table.key", or the key alone at the top level.
std::string join_path(std::string_view table, std::string_view key);

}  // namespace atelier::experiment
