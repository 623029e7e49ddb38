// Other runs whose models a run uses.
#pragma once

#include <functional>
#include <string>

#include "experiment/experiment.hpp"
#include "inference/environment.hpp"
#include "plugin/model.hpp"
#include "runlog/reader.hpp"

namespace atelier::inference {

// By the name that the plugin asked for: an experiment's or a log's path.
struct ForeignRun {
  std::string name;
  std::string run_id;
  std::string resolved;  // its experiment
  plugin::ForeignModel model;
};
using ForeignRuns = std::function<ForeignRun(const std::string& name)>;

// Other runs by their logs, which runlog::find_log finds: a path is relative to the experiment, and of an experiment's
// name the newest finished run is taken. The result borrows the experiment and the registry.
ForeignRuns runs_by_name(const experiment::Experiment& experiment, const plugin::Registry& registry,
                         const Environment& environment);
// The run that had this id; where it is not in the folder of runs, what the name means by now. Throws
// runlog::NoSuchRun where that is none, either.
ForeignRun run_by_id_or_name(const std::string& run_id, const std::string& name,
                             const experiment::Experiment& experiment, const plugin::Registry& registry,
                             const Environment& environment);
// Other runs as this log keeps them; borrows it, too.
ForeignRuns runs_in_log(const runlog::Reader& log, const experiment::Experiment& experiment,
                        const plugin::Registry& registry, const Environment& environment);
// As the log keeps them, and by their names where it does not, as a metric that is asked for later may need one.
ForeignRuns runs_in_log_or_by_name(const runlog::Reader& log, const experiment::Experiment& experiment,
                                   const plugin::Registry& registry, const Environment& environment);

}  // namespace atelier::inference
