#include <fmt/core.h>

#include <set>

#include "base/error.hpp"
#include "runlog/layout.hpp"

namespace atelier::runlog {

namespace {

// Collects the names of siblings, and refuses what cannot be one of them.
class Siblings {
 public:
  explicit Siblings(std::string place, std::set<std::string> reserved = {})
      : place_(std::move(place)), reserved_(std::move(reserved)) {}

  void add(const std::string& name) {
    if (name.empty() || name == "." || name.find('/') != std::string::npos || name.find('\0') != std::string::npos) {
      throw Error(ErrorKind::experiment, "{}: got the name '{}', expected one that is not empty and has no '/'", place_,
                  name);
    }
    if (reserved_.contains(name)) {
      throw Error(ErrorKind::experiment, "{}: the name '{}' is taken by the log itself", place_, name);
    }
    if (!names_.insert(name).second) {
      throw Error(ErrorKind::experiment, "{}: the name '{}' is given twice", place_, name);
    }
  }

 private:
  std::string place_;
  std::set<std::string> reserved_;
  std::set<std::string> names_;
};

void check_data(const catalog::DataSpec& data) {
  const std::vector<std::string> problems =
      data.fields.empty() ? std::vector<std::string>() : catalog::problems_of(data);
  if (!problems.empty()) {
    throw Error(ErrorKind::experiment, "data: {}", problems.front());
  }
  Siblings fields("fields of the data");
  for (const catalog::FieldSpec& field : data.fields) {
    fields.add(field.name);
  }
}

void check_cadences(const std::vector<Cadence>& cadences) {
  Siblings names("metrics");
  for (const Cadence& cadence : cadences) {
    names.add(cadence.name);
    Siblings metrics("metrics of " + cadence.name, {"step", "epoch"});
    for (const MetricColumn& metric : cadence.metrics) {
      metrics.add(metric.name);
    }
  }
}

// What series of samples have to be is what a field has to be.
catalog::FieldSpec field_like(const SampleSeries& series) {
  catalog::FieldSpec field;
  field.name = series.field.empty() ? series.name : series.field;
  field.kind = series.kind;
  field.dims = series.dims;
  if (series.kind == catalog::FieldKind::tokens) {
    field.dtype = tensor::DType::i64;
    field.classes = 1;
  }
  return field;
}

void check_samples(const std::vector<SampleSeries>& samples) {
  Siblings names("samples");
  for (const SampleSeries& series : samples) {
    names.add(series.name);
    const catalog::DataSpec like{{field_like(series)}, 0, 0, {}};
    const std::vector<std::string> problems = catalog::problems_of(like);
    if (series.count < 1 || !problems.empty()) {
      throw Error(
          ErrorKind::experiment, "samples of {}: {}", series.name,
          series.count < 1 ? fmt::format("got {} of them, expected at least one", series.count) : problems.front());
    }
  }
}

void check_tensors(const std::vector<TensorSeries>& tensors) {
  Siblings names("tensors");
  for (const TensorSeries& series : tensors) {
    names.add(series.name);
    if (series.shape.elements() == 0 || series.shape.rank() == tensor::Shape::max_rank) {
      throw Error(ErrorKind::experiment,
                  "tensors: '{}': got the shape {}, expected at least one value and at most {} axes", series.name,
                  tensor::to_string(series.shape), tensor::Shape::max_rank - 1);
    }
    if (!series.axes.empty() && series.axes.size() != series.shape.rank()) {
      throw Error(ErrorKind::experiment, "tensors: '{}': got {} names of axes, expected {}, as its shape is {}",
                  series.name, series.axes.size(), series.shape.rank(), tensor::to_string(series.shape));
    }
    Siblings axes("axes of " + series.name, {"step", "values"});
    for (const std::string& axis : series.axes) {
      axes.add(axis);
    }
  }
}

void check_entries(const std::string& place, const std::vector<Entry>& entries) {
  Siblings names(place);
  for (const Entry& entry : entries) {
    names.add(entry.name);
  }
}

void check_list(const char* place, const std::vector<std::string>& list) {
  Siblings names(place);
  for (const std::string& name : list) {
    names.add(name);
  }
}

}  // namespace

void check_names(const RunDescription& description) {
  check_cadences(description.cadences);
  check_samples(description.samples);
  check_tensors(description.tensors);
  check_data(description.data);
  for (const ForeignRun& run : description.foreign) {
    check_entries("weights of the foreign run " + run.name, run.weights);
  }
  check_entries("parameters", description.parameters);
  check_entries("state", description.state);
  check_entries("optimizer", description.optimizer);
  check_list("counters", description.counters);
  check_list("numbers", description.numbers);
  check_list("summary", description.summary);
}

}  // namespace atelier::runlog
