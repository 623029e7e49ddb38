// Whether a model that is looked at meets the data and the plugins that it was trained with.
#pragma once

#include "data/experiment_data.hpp"
#include "inference/built_model.hpp"
#include "runlog/reader.hpp"

namespace atelier::inference {

// Refuses the fields whose classes have other names, or another order, than the log says, to whoever asks for them: a
// number would stand for another class. Not where changes are allowed.
void refuse_other_classes(const runlog::Reader& log, const Environment& environment, data::ExperimentData& data);

// Refuses data whose fields are not what the model learned from: another shape, kind, or number of classes.
void check_fields(const runlog::Reader& log, const data::ExperimentData& data);

// Tells what is other than the log says, of the plugins of these kinds and, where they are looked at, of the data. What
// only one side has, as a metric that is asked for later, is no change.
void inform_of_changes(const runlog::Reader& log, const experiment::Experiment& experiment,
                       const plugin::Registry& registry, const Environment& environment, const BuiltModel& model,
                       const std::vector<catalog::Kind>& kinds, const data::ExperimentData* data);

}  // namespace atelier::inference
