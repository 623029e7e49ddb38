// Reading one table of an experiment by the description of its keys.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "catalog/description.hpp"
#include "experiment/document.hpp"
#include "experiment/experiment.hpp"
#include "experiment/problems.hpp"

namespace atelier::experiment {

// A key of an experiment file: a setting of a component, or a key of a section, which has a few more rules.
struct Key : catalog::SettingDescription {
  bool optional = false;  // may be absent, and has no default then
  std::string only_for;   // belongs to this `use` of its section only; "" for all
};

// What is known while an experiment is read.
struct Context {
  const std::vector<catalog::Description>& catalog;
  Problems problems;
  std::vector<ResolvedValue> resolved;
  WhereFrom where_from;
};

struct TomlTable {
  const Node* node;  // never null: an empty table where the experiment has none
  std::string path;  // "optimizer.discriminator"; "" for the top level
  Place place;       // of its header; where it is absent, of the table around it
  bool given;
};

// The table at `key`, or nothing, and a problem, where something else stands there.
std::optional<TomlTable> open_table(Context& context, const TomlTable& parent, const std::string& key);

// The values of a table: a given one where it is right, otherwise the default.
struct Values {
  catalog::Settings
      values;  // without optional keys that are absent; zero or empty where there is a problem and no default
  std::map<std::string, Place> places;  // of those that were given, right or wrong

  [[nodiscard]] bool given(const std::string& key) const { return places.count(key) != 0; }

  template <typename T>
  [[nodiscard]] const T& get(const std::string& key) const {
    return std::get<T>(values.at(key));
  }
};

// Reads the keys, and appends them to what is resolved. Values of `base` come before the defaults where it is not null.
Values read_values(Context& context, const TomlTable& table, const std::vector<Key>& keys,
                   const Values* base = nullptr);

// A problem for every key of the table that is not among the known ones.
void report_unknown(Context& context, const TomlTable& table, const std::vector<std::string>& known);

// "an integer in [1, 4096]", "a list of numbers, each > 0", "'min' or 'max'".
std::string expectation(const Key& key);

}  // namespace atelier::experiment
