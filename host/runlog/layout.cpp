#include "runlog/layout.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <iterator>
#include <sstream>

#include "base/error.hpp"
#include "base/text.hpp"
#include "runlog/checkpoints.hpp"
#include "runlog/data_group.hpp"
#include "runlog/hdf5_array.hpp"
#include "runlog/hdf5_text.hpp"
#include "runlog/sample_stack.hpp"
#include "runlog/series.hpp"

namespace atelier::runlog {

namespace {

using hdf5::Handle;

constexpr std::array status_names{"running", "finished", "failed", "interrupted", "stopped"};

// "" where there is none.
std::string optional_text(hid_t object, const char* name) {
  return hdf5::has_attribute(object, name) ? hdf5::read_text_attribute(object, name) : "";
}

// A line is a step, what changed, what it was, what it is, with tabs between them.
std::vector<Change> read_changes(hid_t provenance) {
  std::vector<Change> changes;
  std::istringstream lines(hdf5::read_text_attribute(provenance, "changes"));
  for (std::string line; std::getline(lines, line);) {
    std::array<std::string, 4> columns;
    std::istringstream fields(line);
    for (std::string& column : columns) {
      std::getline(fields, column, '\t');
    }
    changes.push_back({std::strtoll(columns[0].c_str(), nullptr, 10), columns[1], columns[2], columns[3]});
  }
  return changes;
}

void make_provenance(hid_t file, const Provenance& provenance) {
  const Handle group = hdf5::make_group(file, "provenance");
  hdf5::write_attribute(group, "host", provenance.host);
  hdf5::write_attribute(group, "threads", provenance.threads);
  hdf5::write_attribute(group, "source_revision", provenance.source_revision);
  hdf5::write_attribute(group, "dataset", provenance.dataset);
  hdf5::write_attribute(group, "dataset_sha256", provenance.dataset_sha256);
  hdf5::write_attribute(group, "start_run_id", provenance.start_run_id);
  if (!provenance.start_file_sha256.empty()) {
    hdf5::write_attribute(group, "start_file_sha256", provenance.start_file_sha256);
    hdf5::make_text(group, "start_left_out", provenance.start_left_out);
  }
  write_changes(file, provenance.changes);
  hdf5::make_text(group, "fingerprint", provenance.fingerprint);
  const Handle plugins = hdf5::make_group(group, "plugins");
  if (provenance.plugins.empty()) {
    return;
  }
  const auto count = static_cast<int64_t>(provenance.plugins.size());
  const Handle scale = hdf5::make_unwritten_scale(plugins, "plugin", count);
  const auto list = [&](const char* name, std::string Plugin::*member) {
    std::vector<std::string> texts;
    for (const Plugin& plugin : provenance.plugins) {
      texts.push_back(plugin.*member);
    }
    hdf5::attach(hdf5::make_texts(plugins, name, texts), {scale});
  };
  list("name", &Plugin::name);
  list("version", &Plugin::version);
  list("path", &Plugin::path);
  list("sha256", &Plugin::sha256);
}

Provenance read_provenance(hid_t file) {
  const Handle group = hdf5::open_group(file, "provenance");
  Provenance provenance;
  provenance.host = hdf5::read_text_attribute(group, "host");
  provenance.threads = hdf5::read_integer_attribute(group, "threads");
  provenance.source_revision = hdf5::read_text_attribute(group, "source_revision");
  provenance.dataset = hdf5::read_text_attribute(group, "dataset");
  provenance.dataset_sha256 = hdf5::read_text_attribute(group, "dataset_sha256");
  provenance.start_run_id = hdf5::read_text_attribute(group, "start_run_id");
  provenance.start_file_sha256 = optional_text(group, "start_file_sha256");
  provenance.start_left_out = hdf5::has(group, "start_left_out") ? hdf5::read_text(group, "start_left_out") : "";
  provenance.changes = read_changes(group);
  provenance.fingerprint = hdf5::read_text(group, "fingerprint");
  const Handle plugins = hdf5::open_group(group, "plugins");
  if (!hdf5::has(plugins, "name")) {
    return provenance;
  }
  const std::vector<std::string> names = hdf5::read_texts(plugins, "name");
  const std::vector<std::string> versions = hdf5::read_texts(plugins, "version");
  const std::vector<std::string> paths = hdf5::read_texts(plugins, "path");
  const std::vector<std::string> hashes = hdf5::read_texts(plugins, "sha256");
  if (versions.size() != names.size() || paths.size() != names.size() || hashes.size() != names.size()) {
    throw hdf5::Failure("the lists in /provenance/plugins differ in length");
  }
  for (size_t i = 0; i < names.size(); ++i) {
    provenance.plugins.push_back({names[i], versions[i], paths[i], hashes[i]});
  }
  return provenance;
}

void make_foreign(hid_t file, const std::vector<ForeignRun>& foreign) {
  hdf5::make_group(file, "foreign");
  for (size_t i = 0; i < foreign.size(); ++i) {
    const Handle group = make_sealed_group(file, foreign_path(i));
    hdf5::make_text(group, "name", foreign[i].name);
    hdf5::make_text(group, "run_id", foreign[i].run_id);
    hdf5::make_text(group, "resolved", foreign[i].resolved);
    make_arrays(group, "weights", foreign[i].weights);
  }
}

void share_arrays(hid_t file, hid_t weights, const std::string& kind, const std::vector<Entry>& entries) {
  const Handle group = hdf5::make_group(weights, kind);
  for (const Entry& entry : entries) {
    hdf5::check(H5Lcreate_hard(file, (slot_of(1) + "/" + kind + "/" + entry.name).c_str(), group, entry.name.c_str(),
                               H5P_DEFAULT, H5P_DEFAULT));
  }
}

void make_weights(hid_t file, hid_t group, const RunDescription& description, bool shared) {
  const Handle weights = hdf5::make_group(group, "weights");
  for (const auto& [kind, entries] :
       {std::pair("parameters", &description.parameters), {"state", &description.state}}) {
    if (shared) {
      share_arrays(file, weights, kind, *entries);
    } else {
      make_arrays(weights, kind, *entries);
    }
  }
}

void make_sealed_groups(hid_t file, const RunDescription& description, const SharedWeights& shared) {
  hdf5::make_group(file, "checkpoints");
  for (const char* slot : {"checkpoints/a", "checkpoints/b"}) {
    make_checkpoint(file, slot, description);
  }
  hdf5::make_group(file, "kept");
  const Handle best = make_sealed_group(file, "best");
  hdf5::write_attribute(best, "metric", description.best_metric);
  if (!description.best_metric.empty()) {
    make_scalars<double>(best, "summary", {"value"});
    make_weights(file, best, description, shared.best);
  }
  const Handle result = make_sealed_group(file, "final");
  make_scalars<double>(result, "summary", description.summary);
  make_weights(file, result, description, shared.final);
  make_history(result, names_of_series(description).size());
}

std::vector<Cadence> read_cadences(hid_t file) {
  const Handle metrics = hdf5::open_group(file, "metrics");
  std::vector<Cadence> cadences;
  for (const std::string& name : hdf5::children(metrics)) {
    Cadence& cadence = cadences.emplace_back();
    cadence.name = name;
    const Handle group = hdf5::open_group(metrics, name);
    cadence.split = optional_text(group, "split");
    for (const std::string& metric : hdf5::children(group)) {
      if (metric != "step" && metric != "epoch") {
        const Handle dataset = hdf5::open_dataset(group, metric);
        cadence.metrics.push_back({metric, optional_text(dataset, "units"), optional_text(dataset, "better"),
                                   optional_text(dataset, "long_name")});
      }
    }
  }
  return cadences;
}

std::vector<SampleSeries> read_samples(hid_t file) {
  const Handle samples = hdf5::open_group(file, "samples");
  std::vector<SampleSeries> all;
  for (const std::string& name : hdf5::children(samples)) {
    all.push_back(read_sample_series(samples, name));
  }
  return all;
}

std::vector<TensorSeries> read_tensors(hid_t file) {
  const Handle tensors = hdf5::open_group(file, "tensors");
  std::vector<TensorSeries> all;
  for (const std::string& name : hdf5::children(tensors)) {
    const Handle group = hdf5::open_group(tensors, name);
    const std::vector<int64_t> dims =
        hdf5::shape_of(hdf5::open_dataset(group, "values"), hdf5::Type::f32, 1, tensor::Shape::max_rank);
    TensorSeries& series = all.emplace_back();
    series.name = name;
    series.shape = tensor::Shape(std::span(dims).subspan(1));
    for (const std::string& child : hdf5::children(group)) {
      if (child != "step" && child != "values") {
        series.axes.push_back(child);
      }
    }
  }
  return all;
}

std::vector<Entry> read_entries(hid_t file, const std::string& path) {
  const Handle group = hdf5::open_group(file, path);
  std::vector<Entry> entries;
  for (const std::string& name : hdf5::children(group)) {
    const Handle dataset = hdf5::open_dataset(group, name);
    const tensor::DType dtype = hdf5::read_dtype(dataset);
    entries.push_back({name, hdf5::read_shape(dataset, dtype), dtype});
  }
  return entries;
}

std::vector<ForeignRun> read_foreign(hid_t file) {
  const size_t count = hdf5::children(hdf5::open_group(file, "foreign")).size();
  std::vector<ForeignRun> foreign;
  for (size_t i = 0; i < count; ++i) {
    const std::string path = foreign_path(i);
    const Handle group = hdf5::open_group(file, path);
    foreign.push_back({hdf5::read_text(group, "name"), hdf5::read_text(group, "run_id"),
                       hdf5::read_text(group, "resolved"), read_entries(file, path + "/weights")});
  }
  return foreign;
}

std::vector<std::string> names_in_group(hid_t file, const std::string& path) {
  return hdf5::children(hdf5::open_group(file, path));
}

}  // namespace

std::string to_string(Status status) {
  return status_names.at(static_cast<size_t>(status));
}

std::string foreign_path(size_t index) {
  return "foreign/" + std::to_string(index);
}

void make_layout(hid_t file, const RunDescription& description, const SharedWeights& shared) {
  hdf5::write_attribute(file, "format", std::string(format_name));
  hdf5::write_attribute(file, "format_version", format_version);
  hdf5::write_attribute(file, "run_id", description.run_id);
  hdf5::write_attribute(file, "name", description.name);
  hdf5::write_attribute(file, "seed", static_cast<int64_t>(description.seed));
  write_status(file, Status::running, "");
  hdf5::write_attribute(file, "tags", description.tags);
  hdf5::write_attribute(file, "created_utc", description.created_utc);
  hdf5::write_attribute(file, "description_sha256", digest_of(description));

  const Handle experiment = hdf5::make_group(file, "experiment");
  hdf5::make_text(experiment, "source", description.source);
  hdf5::make_text(experiment, "resolved", description.resolved);
  hdf5::make_text(experiment, "overrides", description.overrides);
  hdf5::make_text(experiment, "directory", description.directory);
  make_provenance(file, description.provenance);
  make_data_group(file, description.data);

  for (const char* group : {"metrics", "timing", "samples", "tensors"}) {
    hdf5::make_group(file, group);
  }
  for (const Cadence& cadence : description.cadences) {
    make_cadence(file, cadence);
  }
  for (const SampleSeries& series : description.samples) {
    make_samples(file, series);
  }
  for (const TensorSeries& series : description.tensors) {
    make_tensors(file, series);
  }
  make_foreign(file, description.foreign);
  make_sealed_groups(file, description, shared);
}

void complete_layout(hid_t file) {
  if (!hdf5::has(file, "kept")) {
    hdf5::make_group(file, "kept");
  }
}

RunDescription read_description(hid_t file) {
  RunDescription description;
  description.run_id = hdf5::read_text_attribute(file, "run_id");
  description.name = hdf5::read_text_attribute(file, "name");
  description.seed = static_cast<uint64_t>(hdf5::read_integer_attribute(file, "seed"));
  description.tags = hdf5::read_texts_attribute(file, "tags");
  description.created_utc = hdf5::read_text_attribute(file, "created_utc");
  const Handle experiment = hdf5::open_group(file, "experiment");
  description.source = hdf5::read_text(experiment, "source");
  description.resolved = hdf5::read_text(experiment, "resolved");
  description.overrides = hdf5::read_text(experiment, "overrides");
  description.directory = hdf5::read_text(experiment, "directory");
  description.provenance = read_provenance(file);
  description.data = read_data_group(file);
  description.cadences = read_cadences(file);
  description.samples = read_samples(file);
  description.tensors = read_tensors(file);
  description.foreign = read_foreign(file);
  description.parameters = read_entries(file, "checkpoints/a/parameters");
  description.state = read_entries(file, "checkpoints/a/state");
  description.optimizer = read_entries(file, "checkpoints/a/optimizer");
  description.counters = names_in_group(file, "checkpoints/a/counters");
  description.numbers = names_in_group(file, "checkpoints/a/numbers");
  description.best_metric = hdf5::read_text_attribute(hdf5::open_group(file, "best"), "metric");
  description.summary = names_in_group(file, "final/summary");
  try {
    check_names(description);  // what no log of ours would say
  } catch (const Error& error) {
    throw hdf5::Failure(error.what());
  }
  return description;
}

void write_changes(hid_t file, const std::vector<Change>& changes) {
  std::string lines;
  for (const Change& change : changes) {
    lines += std::to_string(change.step);
    for (const std::string* column : {&change.what, &change.was, &change.now}) {
      lines += '\t';
      std::ranges::transform(*column, std::back_inserter(lines),
                             [](char c) { return c == '\t' || c == '\n' ? ' ' : c; });
    }
    lines += '\n';
  }
  hdf5::write_attribute(hdf5::open_group(file, "provenance"), "changes", lines);
}

void write_status(hid_t file, Status status, const std::string& exit_reason) {
  hdf5::write_attribute(file, "status", to_string(status));
  hdf5::write_attribute(file, "exit_reason", exit_reason);
}

Status read_status(hid_t file) {
  const std::string name = hdf5::read_text_attribute(file, "status");
  const auto found = std::find(status_names.begin(), status_names.end(), name);
  if (found == status_names.end()) {
    throw hdf5::Failure("the attribute status is '" + name + "', expected " +
                        one_of({status_names.begin(), status_names.end()}));
  }
  return static_cast<Status>(found - status_names.begin());
}

}  // namespace atelier::runlog
