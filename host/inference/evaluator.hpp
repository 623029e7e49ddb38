// Evaluating a model over a split, by its own means and by metrics.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "data/evaluation_batches.hpp"
#include "data/experiment_data.hpp"
#include "inference/sampler.hpp"
#include "plugin/metric.hpp"

namespace atelier::inference {

struct SplitMetrics {
  std::map<std::string, double> values;     // sums over counts, and the metrics' numbers
  std::vector<plugin::MetricArray> arrays;  // of metrics
};

// Told after each batch which table it was for ("evaluate" or "metric.NAME"), and how many of its samples are done; may
// throw, to end the evaluation.
using EvaluationProgress = std::function<void(const std::string& table, int64_t done, int64_t total)>;

enum class MetricsDue { every_evaluation, all };

class Evaluator {
 public:
  // All is borrowed. Throws Error for a metric that cannot be.
  Evaluator(const experiment::Experiment& experiment, const plugin::Registry& registry,
            const data::ExperimentData& data, BuiltModel& model, Sampler& sampler);
  Evaluator(const Evaluator&) = delete;
  Evaluator& operator=(const Evaluator&) = delete;

  // Metrics over a whole subset. Nothing else may run. `ranks`: who shares the batches out among them; all of them call
  // this, and get the same.
  SplitMetrics evaluate(const data::Subset& subset, int64_t batch_size, MetricsDue due,
                        const EvaluationProgress& progress = {}, Ranks* ranks = nullptr);
  // The names that evaluations give, sorted, and the arrays of metrics; found by evaluating a first batch, so that what
  // cannot be measured is known before training.
  SplitMetrics results(const data::Subset& subset, int64_t batch_size);
  [[nodiscard]] bool has_metrics_at_end() const;

 private:
  void over(const data::Subset& subset, int64_t batch_size, const std::string& what,
            const std::function<std::vector<uint32_t>(data::EvaluationBatches&)>& record,
            const std::function<void(const execute::StepResults&)>& take, const Shared& shared);
  void evaluate_model(const data::Subset& subset, int64_t batch_size, SplitMetrics& out, const Shared& shared = {});
  // All passes of a metric, each over `most` samples at most.
  void measure(plugin::Metric& metric, const data::Subset& evaluated, int64_t batch_size, int64_t most,
               const Shared& shared = {});
  void measure_data(plugin::Metric& metric, const data::Subset& subset, bool generates, int64_t batch_size,
                    const Shared& shared);
  void generate(plugin::Metric& metric, int64_t count, const Shared& shared);
  [[nodiscard]] execute::StepCounters counters(int64_t first_row) const;

  const experiment::Experiment& experiment_;
  const data::ExperimentData& data_;
  BuiltModel& model_;
  Sampler& sampler_;
  std::map<std::string, std::unique_ptr<plugin::Metric>> metrics_;
  std::unique_ptr<plugin::Metric> own_metric_;  // of the model; null where it has none
  std::unique_ptr<execute::Session> session_;
};

}  // namespace atelier::inference
