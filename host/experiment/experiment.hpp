// An experiment: what a TOML file and the overrides of the command line say, checked, with every default filled in.
// All functions are pure and may be called from any thread; all they return is owned by the caller.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/description.hpp"
#include "experiment/learning_rate_schedule.hpp"
#include "experiment/place.hpp"

namespace atelier::experiment {

// One component. Its settings are all that its description lists, defaults filled in, each of the described type.
struct Component : catalog::ComponentChoice {
  std::map<std::string, Place> places;  // of `use` and the settings that were given
  Place place;                          // of its table; not given() where the whole component is a default
};

enum class Binarize {
  none,
  threshold,  // at the middle of the dataset's range
  fixed,      // Bernoulli with the pixel's value as its probability, once for each image
  fresh,      // the same, anew in each epoch
};

// What is done to an image before its values are scaled, in this order.
struct Transform {
  int64_t crop = 0;    // side in pixels of a random crop, centred in evaluation; 0 is off
  double flip = 0;     // in [0, 1]: probability of a horizontal mirror; training only
  int64_t shift = 0;   // at most so many pixels in each direction; training only
  double noise = 0;    // standard deviation, in units of the dataset's range; training only
  int64_t levels = 0;  // equal grey levels, 2 ... 256; 0 is off
  Binarize binarize = Binarize::none;

  [[nodiscard]] bool moves() const { return crop > 0 || flip > 0 || shift > 0; }
  [[nodiscard]] bool changes_values() const { return noise > 0 || levels > 0 || binarize != Binarize::none; }
};

struct Dataset : Component {
  double low = 0.0, high = 1.0;  // image values are scaled to [low, high]
  double validation = 0.0;       // in [0, 0.9]: fraction of the training data cut off as the validation split
  Transform transform;
  // Other datasets for datasets that take them: [dataset.source] as "source", [dataset.sources.NAME] by their names. Of
  // a source, low, high, validation and transform mean nothing.
  std::map<std::string, std::shared_ptr<const Dataset>> sources;
};

struct MetricChoice : Component {
  bool at_end = false;  // measured once, when training is done; otherwise at every evaluation
};

struct EarlyStopping {
  int64_t patience = 1;  // evaluations without an improvement, >= 1
  double min_delta = 0;  // what counts as an improvement, >= 0
};

// How products and convolutions of training steps read their inputs: docs/experiments.md, "Precision".
enum class Precision { float32, bf16, emulated_bf16 };

struct Train {
  std::optional<int64_t> epochs, steps;  // exactly one is set; >= 1
  int64_t batch_size = 128;
  double clip_norm = 0;  // the gradients of a group are scaled to at most this global norm; 0 is off
  double average = 0;    // in [0, 1): decay of the moving average of the weights; 0 is off
  Precision precision = Precision::float32;
  int64_t delay = 0;   // updates that gradients are late by, 0 ... 16: docs/experiments.md, "Late gradients"
  int64_t shards = 1;  // equal pieces of a batch, >= 1, that divide batch_size: docs/experiments.md, "Shards"
  std::optional<EarlyStopping> early_stopping;
};

enum class Goal { min, max };

struct Evaluate {
  double every = 1;             // epochs, > 0
  std::string metric = "loss";  // by which the best weights are chosen
  std::optional<Goal> goal;     // that of the metric where not given
  int64_t batch_size = 256;
};

struct Sample {
  double every = 1;    // epochs, > 0
  int64_t count = 64;  // 1 ... 4096
  int64_t seed = 0;    // the run's seed where not given
};

struct Checkpoint {
  double every = 60;  // seconds, > 0
  int64_t keep = 0;   // steps between those that stay; 0: none does
};

// Cadences are in steps; 0 is off.
struct Log {
  int64_t every = 10;          // rows of the train metrics, >= 1
  int64_t gradient_norms = 0;  // of each layer
  int64_t weights = 0;
  int64_t gradients = 0;
  std::vector<std::string> activations;  // names of layers
  int64_t activations_every = 100;       // >= 1
};

struct Start {
  std::string from;  // a path, relative to Experiment::directory, of a log or a file of weights; or a run: as written
  std::vector<std::string> groups;  // parameter groups to take, with their state; empty means everything
  std::vector<std::string> freeze;  // parameter groups that keep their weights and state; not all of the model's
};

// One value of the resolved experiment; `table` is "" for name, seed and tags.
struct ResolvedValue {
  std::string table;    // "optimizer.discriminator"
  std::string key;      // "learning_rate"
  std::string literal;  // as TOML writes it
  Place origin;
};

struct Experiment {
  std::string name;  // letters, digits, '.', '_', '-'
  int64_t seed = 0;  // >= 0
  std::vector<std::string> tags;
  Dataset dataset;
  Component model;
  std::map<std::string, Component> losses;      // by slot; every slot of the model has one
  std::map<std::string, MetricChoice> metrics;  // by the name that their results are logged under
  Component optimizer;
  std::map<std::string, Component>
      group_optimizers;  // by parameter group; complete: what was left out is the optimizer's
  LearningRateSchedule schedule;
  Train train;
  Evaluate evaluate;
  Sample sample;
  Checkpoint checkpoint;
  Log log;
  std::optional<Start> start;

  std::vector<ResolvedValue> resolved;  // every value above, in the order of resolved_text
  std::string source_text;              // the file, byte for byte
  std::string resolved_text;            // TOML with every value; parses to an equal experiment, without the overrides
  std::vector<std::string> overrides;
  std::filesystem::path directory;  // relative paths of the experiment are relative to it; never empty
};

// What to say of a component that no loaded plugin brings: where it is to be had ("; hint: ..."), or "".
using WhereFrom = std::function<std::string(const std::string& component)>;

// Reads and checks an experiment file. Each override is "key=value": the key dotted as in TOML, the value a TOML
// literal; what is none is a string. Throws Error(file) where the file cannot be read, otherwise as parse() does.
Experiment load(const std::filesystem::path& file, const std::vector<std::string>& overrides,
                const std::vector<catalog::Description>& catalog);

// The same for a text; `file_name` is for messages. Throws Error(experiment): a syntax error alone, otherwise all
// problems at once, in the order of their places, a line each: "file:line:column: key: got X, expected Y; did you mean
// 'Z'?".
Experiment parse(std::string_view text, std::string_view file_name, const std::filesystem::path& directory,
                 const std::vector<std::string>& overrides, const std::vector<catalog::Description>& catalog,
                 const WhereFrom& where_from = {});

// "vae.toml:12:3: train.batch_size", or the key alone where its value is a default: for what is found wrong with it
// later.
std::string located(const Experiment& experiment, const std::string& table, const std::string& key);

// Throws Error(experiment) where an [optimizer.GROUP] or [start] names no parameter group of the model, or all of them
// are frozen; a line for each.
void check_groups(const Experiment& experiment, const std::vector<std::string>& groups);

// resolved_text with a comment on each line that says where the value comes from: file:line, an override, or default.
std::string resolved_with_origins(const Experiment& experiment);

// Every value of a TOML text, dotted key -> literal, for comparing two runs. Throws Error(experiment) for a syntax
// error, in which the text is called `name`.
std::map<std::string, std::string> flatten(std::string_view toml_text, std::string_view name = "experiment");

// JSON Schema (draft 2020-12) of experiment files with the components of this catalog, for editors.
std::string json_schema(const std::vector<catalog::Description>& catalog);

}  // namespace atelier::experiment
