// What is known about a run before its first step. The log's groups, datasets and dimension scales are all made from
// it, once: a file whose structure never changes afterwards survives being killed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "catalog/data_spec.hpp"
#include "tensor/shape.hpp"

namespace atelier::runlog {

// Every name below becomes the name of an HDF5 object or dimension: not empty, not ".", without '/', unique among its
// siblings. Writer::create throws Error(experiment) otherwise.

struct MetricColumn {
  std::string name;      // not "step" or "epoch"
  std::string units;     // "" for none; "s" stays a number in xarray, "seconds" would become a time difference
  std::string better{};  // which values are the better ones: "larger", "smaller", "neither"; "" where nobody says
  std::string help{};    // one line; "" for none
};

// Values that are logged together, one row each time: /metrics/<name>/ and its twin /timing/<name>/.
struct Cadence {
  std::string name;  // "train", "eval", ...
  std::vector<MetricColumn> metrics;
  std::string split{};  // of the data, that the values are of: "train", "validation", "test"; "" where it is not known
};

// What a model makes, `count` of it each time, kept as what it is: /samples/<name>/ with
//   images (step, n[, time], y, x[, channel]) as uint8     of images and sequences of them; one channel is no axis
//   tokens (step, n, time) as int64, text (step, n)        of tokens; their text as strings
//   values (step, n, ...) as float32                       of signals, rows of tables, and numbers of no kind
struct SampleSeries {
  std::string name;
  int64_t count = 0;
  tensor::Shape dims;  // of one sample: (C, H, W), (T), ...
  catalog::FieldKind kind = catalog::FieldKind::image;
  std::string field{};  // of RunDescription::data, which they are like: it has their range, tokens, names and rate
};

// A float32 tensor that is looked at repeatedly: /tensors/<name>/values (step, <axes>...).
struct TensorSeries {
  std::string name;
  tensor::Shape shape;
  std::vector<std::string> axes;  // one name for each axis, not "step" or "values"; empty for axis_1, axis_2, ...
};

// A named array of the model or of an optimizer, such as "generator.0.weight".
struct Entry {
  std::string name;
  tensor::Shape shape;
  tensor::DType dtype = tensor::DType::f32;
};

// Another run whose model this one uses. Its weights are copied, so that this log needs no other: /foreign/<index>/.
struct ForeignRun {
  std::string name;            // as the plugin asked for it: an experiment's name or a log's path
  std::string run_id;          // of the run that was found by it
  std::string resolved;        // that run's experiment, as its own RunDescription::resolved
  std::vector<Entry> weights;  // its model's parameters and state, names unique among both
};

struct Plugin {
  std::string name;
  std::string version;
  std::string path;
  std::string sha256;
};

// Something that a run was made from (identity.hpp) and that was another when the run was resumed, on somebody's word.
struct Change {
  int64_t step = 0;      // of the checkpoint that it went on from
  std::string what;      // "data sha256"
  std::string was, now;  // "" for none
};

struct Provenance {
  std::string host;
  std::string fingerprint;  // numeric fingerprint, one key=value a line
  int64_t threads = 0;
  std::vector<Plugin> plugins;
  std::string dataset;
  std::string dataset_sha256;     // of the samples, as the dataset that reads files gives them; "" where none does
  std::string start_run_id;       // of the run whose weights this one began with; "" for none
  std::string start_file_sha256;  // of the file of weights that it began with; "" for none
  std::string start_left_out;     // one tensor a line, which the model or that file has and the other has not
  std::vector<Change> changes;    // in the order in which they came; the rest is as the run began
  std::string source_revision;
};

struct RunDescription {
  std::string run_id;
  std::string name;
  uint64_t seed = 0;  // kept as the int64 of the same bits
  std::vector<std::string> tags;
  std::string created_utc;  // "2026-01-31T12:00:00.123456Z"

  std::string source;     // the experiment file as it was written
  std::string resolved;   // TOML with every value filled in
  std::string overrides;  // one key=value a line
  std::string directory;  // the folder that relative paths of the experiment are relative to
  Provenance provenance;
  catalog::DataSpec data;  // of the samples as the model sees them, without the files that they came from

  std::vector<Cadence> cadences;
  std::vector<SampleSeries> samples;
  std::vector<TensorSeries> tensors;

  std::vector<ForeignRun> foreign;

  std::vector<Entry> parameters;
  std::vector<Entry> state;           // running statistics, codebooks, averaged weights, ...
  std::vector<Entry> optimizer;       // slots
  std::vector<std::string> counters;  // int64 values of the trainer that a checkpoint holds: epoch, updates, ...
  std::vector<std::string> numbers;   // float64 values of the trainer that a checkpoint holds: best value, ...

  std::string best_metric;           // which decides what /best holds, for example "eval/loss"; "" for no /best weights
  std::vector<std::string> summary;  // names of the float64 values of /final/summary; none that a clock touches
};

enum class Status {
  running,
  finished,
  failed,
  interrupted,
  stopped  // before its end, after a step that was asked for; it can be gone on with as an interrupted one
};
std::string to_string(Status status);

// Throws Error(experiment) for names that HDF5 or netCDF could not tell apart or could not keep.
void check_names(const RunDescription& description);

}  // namespace atelier::runlog
