// The sections of an experiment file that belong to the host, as data: reading, resolving and the JSON Schema follow
// them.
#pragma once

#include <string>
#include <vector>

#include "experiment/toml_table.hpp"

namespace atelier::experiment {

struct Section {
  std::string name;  // "" for the top level, "train.early_stopping" for a table within a table
  std::string help;
  std::vector<Key> keys;
};

const std::vector<Section>& sections();

const Section& section(const std::string& name);

// The names of the keys and of the tables directly below a section.
std::vector<std::string> names_in(const Section& section);

}  // namespace atelier::experiment
