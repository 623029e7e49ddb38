// The model of a log, ready to be looked at.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "inference/evaluator.hpp"
#include "inference/logged_weights.hpp"

namespace atelier::inference {

// The experiment of a log, with every value as it was then but for the overrides.
experiment::Experiment experiment_of(const runlog::Reader& reader, const plugin::Registry& registry,
                                     const std::vector<std::string>& overrides);

class TrainedModel {
 public:
  // From the log alone: no dataset is needed. Throws Error(file) where the log has no weights yet. Borrows the
  // registry.
  TrainedModel(const std::filesystem::path& log, const plugin::Registry& registry, const Environment& environment,
               const std::vector<std::string>& overrides, WeightsOf weights);
  TrainedModel(const TrainedModel&) = delete;
  TrainedModel& operator=(const TrainedModel&) = delete;

  [[nodiscard]] const runlog::Reader& log() const { return reader_; }
  [[nodiscard]] const experiment::Experiment& experiment() const { return experiment_; }
  // The experiment's data, opened when it is first asked for. Throws Error(data) where they are not there, and where
  // they are not of the shapes that the model learned from.
  [[nodiscard]] const data::ExperimentData& data();
  [[nodiscard]] BuiltModel& model() { return model_; }
  [[nodiscard]] Sampler& sampler() { return sampler_; }

 private:
  const plugin::Registry& registry_;
  Environment environment_;
  runlog::Reader reader_;
  experiment::Experiment experiment_;
  std::unique_ptr<data::ExperimentData> data_;
  BuiltModel model_;
  Sampler sampler_;
};

// `count` samples of the model (Sampler::sample). Tells what is other than the log says.
Samples sample(TrainedModel& trained, const plugin::Registry& registry, const Environment& environment, int64_t count,
               uint64_t seed);

// What the model draws of itself (Sampler::draw_view). Tells what is other than the log says.
Samples view(TrainedModel& trained, const plugin::Registry& registry, const Environment& environment,
             const std::string& name, int64_t count, uint64_t seed);

struct Measurement {
  std::string split;                      // "train", "validation" or "test"
  std::map<std::string, double> metrics;  // the model's own evaluation, and the metrics' numbers
  std::vector<plugin::MetricArray> arrays;
};

// Evaluates the model of a log, with the metrics of its experiment or others that `overrides` ask for
// ("metric.name.use= accuracy"). `split` "" is the test split, or the validation split where there is no other.
Measurement evaluate(const std::filesystem::path& log, const plugin::Registry& registry, const Environment& environment,
                     const std::vector<std::string>& overrides, const std::string& split, WeightsOf weights,
                     const EvaluationProgress& progress = {});

}  // namespace atelier::inference
