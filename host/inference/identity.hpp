// Whether a model that is looked at meets the data and the plugins that it was trained with.
#pragma once

#include "data/experiment_data.hpp"
#include "inference/built_model.hpp"
#include "runlog/reader.hpp"

namespace atelier::inference {

// Refuses the fields whose classes have other names, or another order, than the log says, to whoever asks for them: a
// number would stand for another class. Not where changes are allowed.
void refuse_other_classes(const runlog::Reader& log, const Environment& environment, data::ExperimentData& data);

// The data with the names that the log has for as many classes: what the model makes means what it did when it learned,
// whatever the same numbers stand for in the data of today.
catalog::DataSpec as_trained(const runlog::Reader& log, catalog::DataSpec data);

// Throws the first of these refusals, if there is one, in the place of what came of it.
void explain_by_classes(const data::ExperimentData& data);

// Tells what is other than the log says, of the plugins of these kinds and, where they are looked at, of the data. What
// only one side has, as a metric that is asked for later, is no change.
void inform_of_changes(const runlog::Reader& log, const experiment::Experiment& experiment,
                       const plugin::Registry& registry, const Environment& environment, const BuiltModel& model,
                       const std::vector<catalog::Kind>& kinds, const data::ExperimentData* data);

}  // namespace atelier::inference
