#include "inference/evaluator.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "base/purposes.hpp"
#include "data/evaluation_batches.hpp"
#include "execute/average.hpp"
#include "execute/finite_run.hpp"

namespace atelier::inference {

using execute::run_finite;

namespace {

// The values that were asked for, in their order.
void add_requested(plugin::Metric& metric, const execute::StepResults& results) {
  size_t sum = 0;
  for (const execute::StepResult& result : results.entries) {
    if (result.kind == record::OutputKind::requested) {
      metric.add(sum++, *result.tensor);
    }
  }
}

// A result that is still to be measured; `twice` is what to say where there is one of its name already.
void add_result(const plugin::MetricArray& result, const std::string& twice, SplitMetrics& out) {
  const auto same_name = [&](const plugin::MetricArray& other) { return other.name == result.name; };
  if (result.shape.rank() > 0) {
    if (std::ranges::any_of(out.arrays, same_name)) {
      throw Error(ErrorKind::experiment, "{}", twice);
    }
    out.arrays.push_back(result);
  } else if (!out.values.emplace(result.name, std::nan("")).second) {
    throw Error(ErrorKind::experiment, "{}", twice);
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

Evaluator::Evaluator(const experiment::Experiment& experiment, const plugin::Registry& registry,
                     const data::ExperimentData& data, BuiltModel& model, Sampler& sampler)
    : experiment_(experiment), data_(data), model_(model), sampler_(sampler) {
  for (const auto& [name, metric] : experiment.metrics) {
    metrics_[name] = std::make_unique<plugin::Metric>(registry, name, metric, model.model());
  }
  own_metric_ = plugin::Metric::of_model(model.model());
  session_ = model.session(execute::Mode::evaluate);
}

execute::StepCounters Evaluator::counters(int64_t first_row) const {
  return {static_cast<uint64_t>(experiment_.seed), purpose_evaluation, 0, first_row};
}

void Evaluator::evaluate_model(const data::Subset& subset, int64_t batch_size, SplitMetrics& out,
                               const PartDone& part_done) {
  data::EvaluationBatches batches(data_, subset, batch_size);
  std::map<std::string, std::pair<double, double>> sums;
  while (batches.next()) {
    const auto record = [&](const record::Observation& observation) {
      session_->begin(counters(batches.first_index()), observation);
      model_.model().evaluate(*session_, batches, {});
      session_->end();
    };
    const execute::StepResults& results = run_finite(*session_, record, "the evaluation", batches.prefetch());
    for (const execute::StepResult& result : results.entries) {
      if (result.kind == record::OutputKind::logged) {
        auto& [sum, count] = sums[session_->names()[static_cast<size_t>(result.index)]];
        sum += result.value;
        count += result.count;
      }
    }
    batches.step_done();
    if (part_done) {
      part_done(batches.done(), subset.count);
    }
  }
  for (const auto& [name, total] : sums) {
    out.values[name] = total.second == 0 ? std::nan("") : total.first / total.second;
  }
}

void Evaluator::measure(plugin::Metric& metric, const data::Subset& subset, int64_t batch_size,
                        const PartDone& part_done) {
  data::EvaluationBatches batches(data_, subset, batch_size);
  metric.begin();
  while (batches.next()) {
    const auto record = [&](const record::Observation& observation) {
      session_->begin(counters(batches.first_index()), observation);
      session_->end(metric.record(*session_, batches));
    };
    add_requested(metric, run_finite(*session_, record, metric.stage(), batches.prefetch()));
    batches.step_done();
    if (part_done) {
      part_done(batches.done(), subset.count);
    }
  }
}

// The images are those that `sample` gives for the experiment's sampling seed.
void Evaluator::measure_generated(plugin::Metric& metric, int64_t count, const PartDone& part_done) {
  if (!sampler_.makes_images()) {
    throw Error(ErrorKind::experiment, "a metric looks at generated images, and the model '{}' makes none",
                experiment_.model.use);
  }
  metric.begin();
  sampler_.generate(
      count, static_cast<uint64_t>(experiment_.sample.seed),
      [&](execute::Session& session, uint32_t images, int64_t n) {
        return metric.record_generated(session, images, n);
      },
      [&](const execute::StepResults& results) { add_requested(metric, results); }, part_done);
}

SplitMetrics Evaluator::evaluate(const data::Subset& subset, int64_t batch_size, MetricsDue due,
                                 const EvaluationProgress& progress) {
  const auto in = [&](const std::string& table) -> PartDone {
    return progress ? [&progress, table](int64_t done, int64_t total) { progress(table, done, total); } : PartDone();
  };
  const auto begin = [&](const std::string& table, int64_t total) {
    if (progress) {
      progress(table, 0, total);
    }
  };
  const execute::AveragedWeights averaged(model_.bank());
  SplitMetrics out;
  begin("evaluate", subset.count);
  evaluate_model(subset, batch_size, out, in("evaluate"));
  if (own_metric_) {
    measure(*own_metric_, subset, batch_size, in("evaluate"));
    take_results(*own_metric_, out);
  }
  for (const auto& [name, metric] : metrics_) {
    if (due == MetricsDue::every_evaluation && experiment_.metrics.at(name).at_end) {
      continue;
    }
    begin("metric." + name, metric->generated() > 0 ? metric->generated() : subset.count);
    if (metric->generated() > 0) {
      measure_generated(*metric, metric->generated(), in("metric." + name));
    } else {
      measure(*metric, subset, batch_size, in("metric." + name));
    }
    take_results(*metric, out);
  }
  return out;
}

SplitMetrics Evaluator::results(const data::Subset& subset, int64_t batch_size) {
  SplitMetrics out;
  data::Subset first = subset;
  first.count = std::min(subset.count, batch_size);
  evaluate_model(first, batch_size, out);
  if (own_metric_) {
    measure(*own_metric_, first, batch_size);
    for (const plugin::MetricArray& result : own_metric_->results()) {
      add_result(result, fmt::format("model '{}': gives '{}' twice", experiment_.model.use, result.name), out);
    }
  }
  constexpr int64_t few = 2;  // enough to see whether the model has what the metric asks for
  first.count = std::min(subset.count, few);
  for (const auto& [name, metric] : metrics_) {
    if (metric->generated() == 0) {
      measure(*metric, first, batch_size);
    } else {
      measure_generated(*metric, std::min(metric->generated(), few));
    }
    for (const plugin::MetricArray& result : metric->results()) {
      add_result(result,
                 fmt::format("metric.{}: gives '{}', which the model '{}' gives too; hint: call the metric by another "
                             "name",
                             name, result.name, experiment_.model.use),
                 out);
    }
  }
  return out;
}

bool Evaluator::has_metrics_at_end() const {
  return std::ranges::any_of(experiment_.metrics, [](const auto& entry) { return entry.second.at_end; });
}

}  // namespace atelier::inference
