// Inside this room only: an experiment from a document that is read already.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "experiment/experiment.hpp"
#include "experiment/toml_table.hpp"

namespace atelier::experiment {

// An experiment file.
struct Source {
  std::string text;
  std::string file_name;            // for messages
  std::filesystem::path directory;  // which its paths are relative to
};

// Throws Error(file) where it cannot be read.
Source read_source(const std::filesystem::path& file);

// All that the document says; what is wrong with it is in the context's problems, and what it resolves to in the
// context, too.
Experiment read_experiment(Context& context, const Node& document);

// The same with the texts that belong to it. Throws Error(experiment) with the context's problems where there are any.
Experiment finished(Context& context, Experiment experiment, const Source& source,
                    const std::vector<std::string>& overrides);

}  // namespace atelier::experiment
