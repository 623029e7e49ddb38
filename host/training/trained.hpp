// The model of a log, ready to be looked at.
#pragma once

#include "runlog/reader.hpp"
#include "training/workbench.hpp"

namespace atelier::training {

// The experiment of a log, with every value as it was then but for the overrides.
experiment::Experiment experiment_of(const runlog::Reader& reader, const plugin::Registry& registry,
                                     const std::vector<std::string>& overrides);

class TrainedModel {
 public:
  // Throws Error(file) where the log has no weights yet. Other runs' models come from the log where it keeps them, and
  // by their names where it does not, as a metric that is asked for later may need one.
  TrainedModel(const std::filesystem::path& log, const plugin::Registry& registry, const RunOptions& options,
               const std::vector<std::string>& overrides, Weights weights);
  Workbench& bench() { return *bench_; }

 private:
  runlog::Reader reader_;
  experiment::Experiment experiment_;
  std::unique_ptr<Workbench> bench_;
};

}  // namespace atelier::training
