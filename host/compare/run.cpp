#include "compare/run.hpp"

#include <algorithm>
#include <utility>

#include "base/error.hpp"
#include "compare/nan.hpp"
#include "runlog/run_rows.hpp"

namespace atelier::compare {
namespace {

Series series_of(runlog::MetricSeries rows, const Final& known, const runlog::MetricColumn& metric) {
  return {known.cadence,
          known.split,
          known.name,
          metric.units,
          known.direction,
          metric.help,
          std::move(rows.steps),
          std::move(rows.epochs),
          std::move(rows.values)};
}

Run run_of(runlog::RunRows rows) {
  Run run{summary_of(rows.heading), {}, {}};
  if (run.state == State::broken) {
    return run;
  }
  run.identity = runlog::identity_of(rows.description);
  run.test_samples = rows.description.data.test_count;
  size_t at = 0;
  for (const auto& cadence : rows.description.cadences) {
    for (const auto& metric : cadence.metrics) {
      run.metrics.push_back(series_of(std::move(rows.metrics[at]), run.finals[at], metric));
      ++at;
    }
  }
  return run;
}

template <typename Read>
WeightsAt weights_at(const Read& read) {
  try {
    const auto weights = read();
    return {weights ? std::optional(weights->step) : std::nullopt, ""};
  } catch (const Error& error) {
    return {std::nullopt, error.what()};
  }
}

SampleRows read_samples(const runlog::Reader& log, const runlog::SampleSeries& series) {
  SampleRows rows{series, log.sample_steps(series.name)};
  if (rows.steps.empty()) {
    return rows;
  }
  const int64_t newest = std::ssize(rows.steps) - 1;
  switch (series.kind) {
    case catalog::FieldKind::image:
    case catalog::FieldKind::image_sequence:
      break;
    case catalog::FieldKind::tokens:
      rows.texts = log.sample_texts(series.name, newest);
      break;
    case catalog::FieldKind::signal:
    case catalog::FieldKind::table_row:
    case catalog::FieldKind::numbers:
      rows.values = log.sample_values(series.name, newest);
      break;
  }
  return rows;
}

}  // namespace

double Series::last() const {
  return values.empty() ? nan : values.back();
}

double Series::smallest() const {
  return values.empty() ? nan : *std::ranges::min_element(values);
}

double Series::largest() const {
  return values.empty() ? nan : *std::ranges::max_element(values);
}

const Series* Run::find(const std::string& full_name) const {
  const auto found =
      std::ranges::find_if(metrics, [&](const Series& series) { return series.full_name() == full_name; });
  return found == metrics.end() ? nullptr : &*found;
}

Run read_run(const std::filesystem::path& log) {
  return read_runs({log}, {"*"}).front();
}

std::vector<Run> read_runs(const std::vector<std::filesystem::path>& logs, const std::vector<std::string>& whole) {
  std::vector<Run> runs;
  runlog::read_run_rows(logs, whole, [&](runlog::RunRows rows) { runs.push_back(run_of(std::move(rows))); });
  return runs;
}

Details read_details(const std::filesystem::path& log) {
  const runlog::Reader reader(log);
  Details details;
  details.description = reader.description();
  details.slimmed = reader.slimmed();
  for (const auto& series : details.description.samples) {
    details.samples.push_back(read_samples(reader, series));
  }
  details.checkpoint = weights_at([&] { return reader.newest_checkpoint(); });
  details.best = weights_at([&] { return reader.best(); });
  details.final = weights_at([&] { return reader.final_result(); });
  return details;
}

}  // namespace atelier::compare
