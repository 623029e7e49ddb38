// A model in one file: what `atelier export --weights` writes holds, beside the weights, the experiment that its model
// is built from, and what the samples are that it sees. Such a file stands for the run wherever another run's model is
// asked for.
#pragma once

#include <optional>
#include <string>

#include "inference/foreign_runs.hpp"

namespace atelier::inference {

// Keys of the file's metadata.
inline constexpr const char* experiment_key = "atelier.experiment";
inline constexpr const char* data_key = "atelier.data";

// As the metadata has it, in one line: JSON. Without the counts of samples, and the files that they came from.
std::string to_json(const catalog::DataSpec& data);

// Whether `name` means a file of weights, not a run: "FILE.safetensors", or "extractor:NAME", which is one of those
// that come with the program.
bool is_weights_file(const std::string& name);

// The model in it; the run's id is the file's SHA-256. A path is relative to the experiment. Throws Error: where there
// is no such file; no experiment in it, or one that no model of the plugins here can be built from; not all weights of
// that model, or others beside them.
ForeignRun run_in_file(const std::string& name, const experiment::Experiment& experiment,
                       const plugin::Registry& registry, const Environment& environment);

// The experiment of a run_in_file says in a comment what its samples are, so that a log that keeps the model needs no
// data of its. Of other experiments "" and nullopt.
std::string data_json_in(const std::string& resolved);
std::optional<catalog::DataSpec> data_in(const std::string& resolved, const std::string& where);

}  // namespace atelier::inference
