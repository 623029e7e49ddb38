// Evaluating a model over a split, by its own means and by metrics.
#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "base/purposes.hpp"
#include "graph/average.hpp"
#include "training/sampling.hpp"
#include "training/workbench.hpp"

namespace atelier::training {
namespace {

// The values that were asked for, in their order.
void add_requested(plugin::Metric& metric, const graph::StepResults& results) {
  size_t sum = 0;
  for (const graph::StepResult& result : results.entries) {
    if (result.kind == graph::OutputKind::requested) {
      metric.add(sum++, *result.tensor);
    }
  }
}

void take_results(plugin::Metric& metric, SplitMetrics& out) {
  for (plugin::MetricArray& result : metric.finish()) {
    if (result.shape.rank() == 0) {
      out.values[result.name] = result.values.front();
    } else {
      out.arrays.push_back(std::move(result));
    }
  }
}

}  // namespace

void Workbench::evaluate_model(const Subset& subset, int64_t batch_size, SplitMetrics& out) {
  EvaluationBatches batches(*dataset_, transforms_, subset, batch_size);
  std::map<std::string, std::pair<double, double>> sums;
  while (batches.next()) {
    evaluation_->begin({static_cast<uint64_t>(experiment_.seed), purpose_evaluation, 0, batches.first_index()});
    model_->evaluate(*evaluation_, batches, {});
    evaluation_->end();
    evaluation_->start(batches.prefetch());
    for (const graph::StepResult& result : evaluation_->wait().entries) {
      if (result.kind == graph::OutputKind::logged) {
        auto& [sum, count] = sums[evaluation_->names()[static_cast<size_t>(result.index)]];
        sum += result.value;
        count += result.count;
      }
    }
    batches.step_done();
  }
  for (const auto& [name, total] : sums) {
    out.values[name] = total.second == 0 ? std::nan("") : total.first / total.second;
  }
}

void Workbench::measure(plugin::Metric& metric, const Subset& subset, int64_t batch_size) {
  EvaluationBatches batches(*dataset_, transforms_, subset, batch_size);
  metric.begin();
  while (batches.next()) {
    evaluation_->begin({static_cast<uint64_t>(experiment_.seed), purpose_evaluation, 0, batches.first_index()});
    const std::vector<uint32_t> sums = metric.record(*evaluation_, batches);
    evaluation_->end(sums);
    evaluation_->start(batches.prefetch());
    add_requested(metric, evaluation_->wait());
    batches.step_done();
  }
}

// The images are those that `sample` gives for the experiment's sampling seed.
void Workbench::measure_generated(plugin::Metric& metric, int64_t count) {
  if (!samples_images()) {
    throw Error(ErrorKind::experiment, "a metric looks at generated images, and the model '{}' makes none",
                experiment_.model.use);
  }
  metric.begin();
  for (int64_t first = 0; first < count; first += sampling_chunk) {
    sampling_->begin({static_cast<uint64_t>(experiment_.sample.seed), purpose_sampling, 0, first});
    uint32_t images = *model_->sample(*sampling_, sampling_chunk, {});
    if (const int64_t rest = count - first; rest < sampling_chunk) {
      images = first_rows(*sampling_, images, rest);
    }
    const std::vector<uint32_t> sums =
        metric.record_generated(*sampling_, images, std::min(sampling_chunk, count - first));
    sampling_->end(sums);
    sampling_->start();
    add_requested(metric, sampling_->wait());
  }
}

SplitMetrics Workbench::evaluate(const Subset& subset, int64_t batch_size, MetricsDue due) {
  const graph::AveragedWeights averaged(model_->bank());
  SplitMetrics out;
  evaluate_model(subset, batch_size, out);
  for (const auto& [name, metric] : metrics_) {
    if (due == MetricsDue::every_evaluation && experiment_.metrics.at(name).at_end) {
      continue;
    }
    if (metric->generated() > 0) {
      measure_generated(*metric, metric->generated());
    } else {
      measure(*metric, subset, batch_size);
    }
    take_results(*metric, out);
  }
  return out;
}

SplitMetrics Workbench::evaluation_results(const Subset& subset, int64_t batch_size) {
  SplitMetrics out;
  Subset first = subset;
  first.count = std::min(subset.count, batch_size);
  evaluate_model(first, batch_size, out);
  constexpr int64_t few = 2;  // enough to see whether the model has what the metric asks for
  first.count = std::min(subset.count, few);
  for (const auto& [name, metric] : metrics_) {
    if (metric->generated() == 0) {
      measure(*metric, first, batch_size);
    } else {
      measure_generated(*metric, std::min(metric->generated(), few));
    }
    for (const plugin::MetricArray& result : metric->results()) {
      if (result.shape.rank() > 0) {
        out.arrays.push_back(result);
      } else if (!out.values.emplace(result.name, std::nan("")).second) {
        throw Error(ErrorKind::experiment,
                    "metric.{}: gives '{}', which the model '{}' gives too; hint: call the metric by another name",
                    name, result.name, experiment_.model.use);
      }
    }
  }
  return out;
}

const Subset& Workbench::evaluated_subset() const {
  return subsets_.validation.count > 0 ? subsets_.validation : subsets_.test;
}

bool Workbench::has_metrics_at_end() const {
  return std::ranges::any_of(experiment_.metrics, [](const auto& entry) { return entry.second.at_end; });
}

}  // namespace atelier::training
