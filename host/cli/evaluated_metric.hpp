// A number of an evaluation that runs are compared by: what people call it, and what logs do.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "catalog/description.hpp"
#include "experiment/experiment.hpp"
#include "runlog/headings.hpp"
#include "training/summary.hpp"

namespace atelier::cli {

struct EvaluatedMetric {
  std::string cadence;                                         // "eval", or "test": once, at the end
  std::string split;                                           // "validation"
  std::string name;                                            // "loss"
  catalog::Direction direction = catalog::Direction::unknown;  // which of its values are better

  [[nodiscard]] std::string full_name() const { return split + "/" + name; }
  bool operator==(const EvaluatedMetric&) const = default;
};

// The metric that `word` means in runs of this model: "validation/loss" as `ls` calls it, "loss" for the last split
// that is looked at, "" for evaluate.metric. `goal` says which values are better where it is given. Throws
// Error(experiment), "PLACE: ...", for one that these runs do not have.
EvaluatedMetric evaluated_metric(const std::string& word, const std::optional<experiment::Goal>& goal,
                                 const experiment::Experiment& experiment, const training::ModelSummary& summary,
                                 const std::string& place);

// The newest of its values up to a step; NaN where there is none. Throws Error(file) for a log that cannot be read.
double value_until(const std::filesystem::path& log, const EvaluatedMetric& metric, int64_t step);
double final_value(const runlog::Heading& log, const EvaluatedMetric& metric);  // NaN where there is none

}  // namespace atelier::cli
