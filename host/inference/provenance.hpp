// Where a run's numbers come from: machine, libraries, plugins, data.
#pragma once

#include <string>
#include <vector>

#include "data/experiment_data.hpp"
#include "inference/built_model.hpp"
#include "runlog/description.hpp"

namespace atelier::inference {

// The numeric fingerprint (docs/architecture.md, "Equal bits"): equal fingerprints, equal bits. One key=value a line.
std::string numeric_fingerprint();

// The libraries that the experiment's components of these kinds come from, each once, with the foreign runs' models.
std::vector<runlog::Plugin> plugins_of(const experiment::Experiment& experiment, const plugin::Registry& registry,
                                       const BuiltModel& model, const std::vector<catalog::Kind>& kinds);

// All but what a run began with or changed. Reads all samples, where nobody has yet.
runlog::Provenance provenance_of(const experiment::Experiment& experiment, const plugin::Registry& registry,
                                 const data::ExperimentData& data, const BuiltModel& model, int threads);

}  // namespace atelier::inference
