#include "compare/run.hpp"

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "runlog/locks.hpp"

namespace atelier::compare {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

State state_of(const runlog::Reader& log) {
  switch (log.status()) {
    case runlog::Status::running:
      return runlog::holder_of(log.path()) ? State::running : State::killed;
    case runlog::Status::finished:
      return State::finished;
    case runlog::Status::failed:
      return State::failed;
    case runlog::Status::interrupted:
      return State::interrupted;
  }
  return State::broken;
}

std::string setting_of(const Run& run, const std::string& key) {
  const auto found = run.settings.find(key);
  return found == run.settings.end() ? "" : terminal::unquoted(found->second);
}

// Logs from before splits were written say in the experiment whether there was one for validation.
std::string split_of(const Run& run, const runlog::Cadence& cadence) {
  if (!cadence.split.empty() || cadence.name != "eval") {
    return cadence.split.empty() ? cadence.name : cadence.split;
  }
  const std::string validation = setting_of(run, "dataset.validation");
  return validation.find_first_not_of("0.") == std::string::npos ? "test" : "validation";
}

// Logs from before directions were written say in the experiment which way the metric goes that chooses the best
// weights.
catalog::Direction better_of(const Run& run, const runlog::MetricColumn& metric) {
  const catalog::Direction said = catalog::direction_from(metric.better);
  if (said != catalog::Direction::unknown || metric.name != setting_of(run, "evaluate.metric")) {
    return said;
  }
  const std::string goal = setting_of(run, "evaluate.goal");
  return goal == "max"   ? catalog::Direction::larger
         : goal == "min" ? catalog::Direction::smaller
                         : catalog::Direction::unknown;
}

Series read_series(const runlog::Reader& log, const Run& run, const runlog::Cadence& cadence,
                   const runlog::MetricColumn& metric) {
  const runlog::MetricSeries rows = log.metric(cadence.name, metric.name);
  Series series;
  series.cadence = cadence.name;
  series.split = split_of(run, cadence);
  series.name = metric.name;
  series.units = metric.units;
  series.help = metric.help;
  if (series.of_evaluation()) {
    series.better = better_of(run, metric);
  }
  for (size_t i = 0; i < rows.values.size(); ++i) {
    if (!std::isnan(rows.values[i])) {
      series.steps.push_back(rows.steps[i]);
      series.epochs.push_back(rows.epochs[i]);
      series.values.push_back(rows.values[i]);
    }
  }
  return series;
}

// Of the speeds that there can be: a damaged log may say anything.
double median_speed(std::vector<double> values) {
  constexpr double most = 1e15;
  std::erase_if(values, [](double value) { return !(value >= 0 && value <= most); });
  if (values.empty()) {
    return 0;
  }
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  return *middle;
}

void read_timing(const runlog::Reader& log, Run& run) {
  for (const auto& cadence : log.description().cadences) {
    const runlog::TimingSeries timing = log.timing(cadence.name);
    if (!timing.steps.empty()) {
      run.steps = std::max(run.steps, timing.steps.back());
      run.seconds = std::max(run.seconds, timing.wall_seconds.back());
    }
    if (cadence.name == "train") {
      run.samples_per_second = median_speed(timing.samples_per_second);
    }
  }
}

Best find_best(const Run& run) {
  Best best;
  const std::string metric = setting_of(run, "evaluate.metric");
  const auto series =
      std::ranges::find_if(run.metrics, [&](const Series& one) { return one.cadence == "eval" && one.name == metric; });
  if (series == run.metrics.end()) {
    return best;
  }
  best.metric = series->full_name();
  best.better = series->better;
  if (has_better(best.better) && !series->values.empty()) {
    const auto at = best.better == catalog::Direction::larger ? std::ranges::max_element(series->values)
                                                              : std::ranges::min_element(series->values);
    best.value = *at;
    best.step = series->steps[static_cast<size_t>(at - series->values.begin())];
  }
  return best;
}

void read_into(Run& run) {
  const runlog::Reader log(run.path);
  const runlog::RunDescription& description = log.description();
  run.run_id = description.run_id;
  run.name = description.name;
  run.created_utc = description.created_utc;
  run.seed = description.seed;
  run.tags = description.tags;
  run.settings = experiment::flatten(description.resolved, run.path.string() + " (resolved experiment)");
  run.identity = runlog::identity_of(description);
  for (const auto& cadence : description.cadences) {
    for (const auto& metric : cadence.metrics) {
      run.metrics.push_back(read_series(log, run, cadence, metric));
    }
  }
  read_timing(log, run);
  run.best = find_best(run);
  run.problem = log.exit_reason();
  run.state = state_of(log);
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

std::string to_string(State state) {
  switch (state) {
    case State::running:
      return "running";
    case State::finished:
      return "finished";
    case State::failed:
      return "failed";
    case State::interrupted:
      return "interrupted";
    case State::killed:
      return "killed";
    case State::broken:
      return "broken";
  }
  throw Error(ErrorKind::internal, "a state with the unknown number {}", static_cast<int>(state));
}

terminal::Emphasis emphasis_of(State state) {
  switch (state) {
    case State::running:
      return terminal::Emphasis::strong;
    case State::finished:
      return terminal::Emphasis::good;
    case State::interrupted:
    case State::killed:
      return terminal::Emphasis::warning;
    case State::failed:
    case State::broken:
      return terminal::Emphasis::bad;
  }
  return terminal::Emphasis::none;
}

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
  Run run;
  run.path = log;
  try {
    read_into(run);
  } catch (const Error& error) {
    run = Run();
    run.path = log;
    run.problem = error.what();
  }
  return run;
}

Details read_details(const std::filesystem::path& log) {
  const runlog::Reader reader(log);
  Details details;
  details.description = reader.description();
  for (const auto& series : details.description.samples) {
    details.samples.push_back(read_samples(reader, series));
  }
  details.checkpoint = weights_at([&] { return reader.newest_checkpoint(); });
  details.best = weights_at([&] { return reader.best(); });
  details.final = weights_at([&] { return reader.final_result(); });
  return details;
}

}  // namespace atelier::compare
