// All that one experiment needs in memory: data, model, optimizers, and the sessions that run them.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "experiment/experiment.hpp"
#include "graph/session.hpp"
#include "plugin/metric.hpp"
#include "runlog/reader.hpp"
#include "runlog/weights.hpp"
#include "training/batches.hpp"
#include "training/training.hpp"

namespace atelier::training {

// Another run whose model this one uses, by the name that the plugin asked for: an experiment's or a log's path.
struct ForeignRun {
  std::string name;
  std::string run_id;
  std::string resolved;  // its experiment
  plugin::ForeignModel model;
};
using ForeignRuns = std::function<ForeignRun(const std::string& name)>;

struct SplitMetrics {
  std::map<std::string, double> values;     // sums over counts, and the metrics' numbers
  std::vector<plugin::MetricArray> arrays;  // of metrics
};

enum class MetricsDue { every_evaluation, all };

class Workbench {
 public:
  // Throws Error for data, settings or a model that cannot be. `foreign_runs` empty: runs_by_name.
  Workbench(const experiment::Experiment& experiment, const plugin::Registry& registry, const RunOptions& options,
            ForeignRuns foreign_runs = {});
  Workbench(const Workbench&) = delete;
  Workbench& operator=(const Workbench&) = delete;

  [[nodiscard]] const experiment::Experiment& experiment() const { return experiment_; }
  [[nodiscard]] plugin::Dataset& dataset() { return *dataset_; }
  [[nodiscard]] const Transforms& transforms() const { return transforms_; }
  [[nodiscard]] const plugin::DataSpec& spec() const { return transforms_.spec(); }
  [[nodiscard]] plugin::Model& model() { return *model_; }
  [[nodiscard]] graph::Session& training() { return *training_; }
  [[nodiscard]] TrainingBatches& batches() { return *batches_; }
  [[nodiscard]] const Subsets& subsets() const { return subsets_; }
  [[nodiscard]] graph::Arena& arena() { return arena_; }
  [[nodiscard]] const std::vector<ForeignRun>& foreign_runs() const { return foreign_used_; }

  // Records one training step (from 1) and ends the recording; the step before may still run.
  void record_step(int64_t step, int64_t total_steps, const graph::Observation& observation);
  // Metrics over a whole subset. Nothing else may run.
  SplitMetrics evaluate(const Subset& subset, int64_t batch_size, MetricsDue due);
  // The names that evaluations give, sorted, and the arrays of metrics; found by evaluating a first batch, so that what
  // cannot be measured is known before training.
  SplitMetrics evaluation_results(const Subset& subset, int64_t batch_size);
  [[nodiscard]] bool has_metrics_at_end() const;
  // What evaluations during training look at: the validation split, or the test split where none is cut off.
  [[nodiscard]] const Subset& evaluated_subset() const;
  // Whether the test split is looked at once more, when training is done.
  [[nodiscard]] bool evaluates_test_apart() const { return subsets_.validation.count > 0 && subsets_.test.count > 0; }
  ImageStack sample(int64_t count, uint64_t seed);
  // Whether the model makes images, and such as a picture can show.
  bool samples_images();
  Strips draw_view(const std::string& name, int64_t count, uint64_t seed);

  // Lays the learning-rate schedule over the updates that each group makes in so many steps; one a step where none are
  // given.
  void set_total_steps(int64_t total_steps, const std::vector<int64_t>& updates_per_step = {});

  // Views of what a log keeps, in declared order; valid while nothing trains.
  [[nodiscard]] runlog::WeightsView weights() const;
  // With the averages of the weights where they are kept: what evaluation and samples use.
  [[nodiscard]] runlog::WeightsView averaged_weights() const;
  [[nodiscard]] std::vector<runlog::ArrayView> optimizer_slots() const;
  // Takes weights from a log, and begins their averages there; throws Error(file) where names or shapes differ.
  void load(const runlog::Weights& weights);
  void load_slots(const std::vector<runlog::NamedTensor>& slots);
  [[nodiscard]] const std::vector<std::string>& slot_names() const { return slot_names_; }

 private:
  void set_optimizers();
  void evaluate_model(const Subset& subset, int64_t batch_size, SplitMetrics& out);
  void measure(plugin::Metric& metric, const Subset& subset, int64_t batch_size);
  void measure_generated(plugin::Metric& metric, int64_t count);
  [[nodiscard]] const experiment::Component& optimizer_of(const std::string& group) const;

  const experiment::Experiment experiment_;
  const plugin::Registry& registry_;
  std::unique_ptr<plugin::Dataset> dataset_;
  Transforms transforms_;
  Subsets subsets_;
  graph::Executor executor_;
  graph::Arena arena_;
  ForeignRuns foreign_runs_;
  std::vector<ForeignRun> foreign_used_;
  std::unique_ptr<plugin::Model> model_;
  std::map<std::string, std::unique_ptr<plugin::Metric>> metrics_;
  std::unique_ptr<graph::Session> training_, evaluation_, sampling_;
  std::unique_ptr<TrainingBatches> batches_;
  std::vector<std::string> slot_names_;
  std::optional<bool> samples_images_;
};

// Other runs by their logs: `name` is a log's path, relative to the experiment, or an experiment's name (its newest
// finished log). The result borrows all three.
ForeignRuns runs_by_name(const experiment::Experiment& experiment, const plugin::Registry& registry,
                         const RunOptions& options);
// Other runs as this log keeps them.
ForeignRuns runs_in_log(const runlog::Reader& log, const experiment::Experiment& experiment,
                        const plugin::Registry& registry, const RunOptions& options);

plugin::ModelRecipe recipe_of(const experiment::Experiment& experiment, const plugin::DataSpec& spec);
plugin::DatasetRecipe dataset_recipe(const experiment::Dataset& dataset);

}  // namespace atelier::training
