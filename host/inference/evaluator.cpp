#include "inference/evaluator.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "base/purposes.hpp"
#include "execute/average.hpp"
#include "execute/finite_run.hpp"
#include "inference/shared_batches.hpp"

namespace atelier::inference {

using execute::run_finite;

namespace {

// The values that were asked for, in their order.
void collect_requested(plugin::Metric& metric, const execute::StepResults& results) {
  size_t place = 0;
  for (const execute::StepResult& result : results.entries) {
    if (result.kind == record::OutputKind::requested) {
      metric.collect(place++, *result.tensor);
    }
  }
}

// Some rows of a tensor that stays where it is until the recording has run.
uint32_t input_rows(execute::Session& session, const tensor::Tensor& from, int64_t first, int64_t count) {
  tensor::Shape shape{count};
  for (const int64_t length : from.shape.dims().subspan(1)) {
    shape.append(length);
  }
  const size_t row = from.bytes() / static_cast<size_t>(std::max<int64_t>(from.shape[0], 1));
  return session.input({shape, from.dtype}, from.storage.data() + static_cast<size_t>(first) * row, {});
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

// Over all batches of a subset: `record` sees one between the session's begin and end and names the values that `take`
// gets, beside what is logged.
void Evaluator::over(const data::Subset& subset, int64_t batch_size, const std::string& what,
                     const std::function<std::vector<uint32_t>(data::EvaluationBatches&)>& record,
                     const std::function<void(const execute::StepResults&)>& take, const Shared& shared) {
  const data::BatchShare share =
      shared.ranks == nullptr ? data::BatchShare{} : data::BatchShare{shared.ranks->rank(), shared.ranks->count()};
  data::EvaluationBatches batches(data_, subset, batch_size, share);
  SharedWork work;
  work.compute = [&](int64_t) -> const execute::StepResults& {
    ATELIER_CHECK(batches.next());
    const auto record_one = [&](const record::Observation& observation) {
      session_->begin(counters(batches.first_index()), observation);
      session_->end(record(batches));
    };
    const execute::StepResults& results = run_finite(*session_, record_one, what, batches.prefetch());
    batches.step_done();
    return results;
  };
  work.take = take;
  work.part_done = [&](int64_t done) {
    if (shared.part_done) {
      shared.part_done(std::min(done * batches.batch_size(), subset.count), subset.count);
    }
  };
  share_batches(shared.ranks, batches.batches(), work);
}

void Evaluator::evaluate_model(const data::Subset& subset, int64_t batch_size, SplitMetrics& out,
                               const Shared& shared) {
  std::map<std::string, std::pair<double, double>> sums;
  const auto record = [&](data::EvaluationBatches& batches) {
    model_.model().evaluate(*session_, batches, {});
    return std::vector<uint32_t>();
  };
  const auto take = [&](const execute::StepResults& results) {
    for (const execute::StepResult& result : results.entries) {
      if (result.kind == record::OutputKind::logged) {
        auto& [sum, count] = sums[session_->names()[static_cast<size_t>(result.index)]];
        sum += result.value;
        count += result.count;
      }
    }
  };
  over(subset, batch_size, "the evaluation", record, take, shared);
  for (const auto& [name, total] : sums) {
    out.values[name] = total.second == 0 ? std::nan("") : total.first / total.second;
  }
}

// The samples are those that `sample` gives for the experiment's sampling seed.
void Evaluator::generate(plugin::Metric& metric, int64_t count, const Shared& shared) {
  sampler_.generate(
      count, static_cast<uint64_t>(experiment_.sample.seed),
      [&](execute::Session& session, uint32_t samples, int64_t n) {
        return metric.record(session, nullptr, samples, n);
      },
      [&](const execute::StepResults& results) { collect_requested(metric, results); }, shared);
}

// Over data, and over what the model generates beside it where the pass asks for that: as an input of the recording, as
// both count their draws by themselves.
void Evaluator::measure_data(plugin::Metric& metric, const data::Subset& subset, bool generates, int64_t batch_size,
                             const Shared& shared) {
  tensor::Tensor generated;
  if (generates) {
    generated = sampler_.values(subset.count, static_cast<uint64_t>(experiment_.sample.seed), {{}, shared.ranks});
  }
  const auto record = [&](data::EvaluationBatches& batches) {
    std::optional<uint32_t> beside;
    if (generates) {
      beside = input_rows(*session_, generated, batches.first_index(), batches.size());
    }
    return metric.record(*session_, &batches, beside, batches.size());
  };
  const auto take = [&](const execute::StepResults& results) { collect_requested(metric, results); };
  over(subset, batch_size, metric.stage(), record, take, shared);
}

void Evaluator::measure(plugin::Metric& metric, const data::Subset& evaluated, int64_t batch_size, int64_t most,
                        const Shared& shared) {
  for (size_t p = 0; p < metric.passes().size(); ++p) {
    const plugin::MetricPass& pass = metric.passes()[p];
    if (pass.generates && !sampler_.makes_samples()) {
      throw Error(ErrorKind::experiment, "{}: looks at what the model generates, and the model '{}' makes no samples",
                  metric.stage(), experiment_.model.use);
    }
    metric.begin_pass(p);
    if (pass.data == plugin::PassData::none) {
      generate(metric, std::min(pass.samples, most), shared);
    } else {
      data::Subset subset = pass.data == plugin::PassData::training ? data_.subsets().train : evaluated;
      subset.count = std::min({subset.count, pass.samples == 0 ? subset.count : pass.samples, most});
      measure_data(metric, subset, pass.generates, batch_size, shared);
    }
    metric.end_pass();
  }
}

SplitMetrics Evaluator::evaluate(const data::Subset& subset, int64_t batch_size, MetricsDue due,
                                 const EvaluationProgress& progress, Ranks* ranks) {
  const auto in = [&](const std::string& table) -> Shared {
    const auto tell = [&progress, table](int64_t done, int64_t total) { progress(table, done, total); };
    return {progress ? PartDone(tell) : PartDone(), ranks};
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
    measure(*own_metric_, subset, batch_size, INT64_MAX, in("evaluate"));
    take_results(*own_metric_, out);
  }
  for (const auto& [name, metric] : metrics_) {
    if (due == MetricsDue::every_evaluation && experiment_.metrics.at(name).at_end) {
      continue;
    }
    const plugin::MetricPass& first = metric->passes().front();
    begin("metric." + name, first.data == plugin::PassData::none ? first.samples : subset.count);
    measure(*metric, subset, batch_size, INT64_MAX, in("metric." + name));
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
    measure(*own_metric_, first, batch_size, INT64_MAX);
    for (const plugin::MetricArray& result : own_metric_->results()) {
      add_result(result, fmt::format("model '{}': gives '{}' twice", experiment_.model.use, result.name), out);
    }
  }
  constexpr int64_t few = 2;  // enough to see whether the model has what the metric asks for
  for (const auto& [name, metric] : metrics_) {
    measure(*metric, subset, batch_size, few);
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
