// Overrides of the command line: "key=value".
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "experiment/document.hpp"
#include "experiment/problems.hpp"

namespace atelier::experiment {

// What is said of a word that is no override.
inline constexpr const char* no_override = "got no key and value, expected key=value with a key such as model.latent";

// The tables that the key names, with the value as their only leaf.
std::variant<Node, Refusal> read_override(std::string_view text);

// The overrides, of one value each, that this one stands for: several where its value is no TOML literal, and has
// commas outside of strings and brackets, with no space beside them. "a=2,10" is two, 'a="2,10"', "a=[2,10]" and
// "a=two, or ten" are one.
std::vector<std::string> each_value(std::string_view text);

// The keys that lead to its value: {"model", "latent"}; none where it is no override.
std::vector<std::string> path_of(std::string_view text);

// Of the override with this index among all, from 0.
Place place_of_override(const std::string& text, size_t index);

void set_place(Node& node, const Place& place);  // of the node and all below it

// What `changes` has replaces what the table has; tables are merged key by key.
void merge(Node& table, Node&& changes);

// Applies them from left to right. The key is dotted as in TOML; the value is a TOML literal, and a string where it is
// none, or where the key's value is a text; TOML with a comment behind it is refused. A value replaces what stands at
// its key; a table is merged key by key, so that an override changes what it names and nothing else.
void apply_overrides(Node& root, const std::vector<std::string>& overrides, Problems& problems);

}  // namespace atelier::experiment
