#include "compare/run.hpp"

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "runlog/headings.hpp"

namespace atelier::compare {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

Series read_series(const runlog::Reader& log, const Final& known, const runlog::MetricColumn& metric) {
  const runlog::MetricSeries rows = log.metric(known.cadence, known.name);
  Series series;
  series.cadence = known.cadence;
  series.split = known.split;
  series.name = known.name;
  series.units = metric.units;
  series.better = known.direction;
  series.help = metric.help;
  for (size_t i = 0; i < rows.values.size(); ++i) {
    if (!std::isnan(rows.values[i])) {
      series.steps.push_back(rows.steps[i]);
      series.epochs.push_back(rows.epochs[i]);
      series.values.push_back(rows.values[i]);
    }
  }
  return series;
}

void read_timing(const runlog::Reader& log, runlog::Heading& heading) {
  for (const auto& cadence : log.description().cadences) {
    const runlog::TimingSeries timing = log.timing(cadence.name);
    if (!timing.steps.empty()) {
      heading.steps = std::max(heading.steps, timing.steps.back());
      heading.seconds = std::max(heading.seconds, timing.wall_seconds.back());
    }
    if (cadence.name == "train") {
      heading.samples_per_second = runlog::median_speed(timing.samples_per_second);
    }
  }
}

// As read_headings() would read it, but of the moment that the rest is of, and without other runs.
runlog::Heading heading_of(const runlog::Reader& log) {
  const runlog::RunDescription& description = log.description();
  runlog::Heading heading{log.path()};
  heading.run_id = description.run_id;
  heading.name = description.name;
  heading.created_utc = description.created_utc;
  heading.status = log.status();
  heading.exit_reason = log.exit_reason();
  heading.seed = description.seed;
  heading.tags = description.tags;
  heading.notes = log.notes();
  heading.resolved = description.resolved;
  for (const auto& cadence : description.cadences) {
    for (const auto& metric : cadence.metrics) {
      const runlog::MetricSeries rows = log.metric(cadence.name, metric.name);
      heading.metrics.push_back(runlog::final_value(cadence, metric, rows.steps, rows.values));
    }
  }
  read_timing(log, heading);
  return heading;
}

Run read(const std::filesystem::path& path) {
  const runlog::Reader log(path);
  Run run{summary_of(heading_of(log)), {}, {}};
  if (run.state == State::broken) {
    return run;
  }
  const runlog::RunDescription& description = log.description();
  run.identity = runlog::identity_of(description);
  run.test_samples = description.data.test_count;
  auto known = run.finals.begin();
  for (const auto& cadence : description.cadences) {
    for (const auto& metric : cadence.metrics) {
      run.metrics.push_back(read_series(log, *known++, metric));
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
  try {
    return read(log);
  } catch (const Error& error) {
    runlog::Heading broken{log, error.what()};
    return {summary_of(broken), {}, {}};
  }
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
