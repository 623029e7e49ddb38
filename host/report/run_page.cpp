#include "report/run_page.hpp"

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "base/terminal_text.hpp"
#include "report/array_json.hpp"
#include "report/progress.hpp"
#include "report/sample_json.hpp"
#include "runlog/creation_time.hpp"

namespace atelier::report {
namespace {

Json notes_json(const std::vector<runlog::Note>& notes) {
  Json out = Json::array();
  for (const runlog::Note& note : notes) {
    out.push_back({{"utc", runlog::whole_seconds(note.utc)}, {"text", note.text}});
  }
  return out;
}

Json plugins_json(const std::vector<runlog::Plugin>& plugins) {
  Json out = Json::array();
  for (const runlog::Plugin& plugin : plugins) {
    out.push_back(
        {{"name", plugin.name}, {"version", plugin.version}, {"sha256", plugin.sha256}, {"path", plugin.path}});
  }
  return out;
}

Json provenance_json(const runlog::Reader& log) {
  const runlog::RunDescription& description = log.description();
  const runlog::Provenance& from = description.provenance;
  Json uses = Json::array(), changes = Json::array(), slimmed = Json::array();
  for (const runlog::ForeignRun& run : description.foreign) {
    uses.push_back(run.name + " " + run.run_id);
  }
  for (const runlog::Change& change : from.changes) {
    changes.push_back("after step " + std::to_string(change.step) + ": " + to_text(change));
  }
  for (const runlog::Slimming& slimming : log.slimmed()) {
    slimmed.push_back(runlog::whole_seconds(slimming.utc) + " " + slimming.parts);
  }
  return {{"host", from.host},
          {"threads", from.threads},
          {"dataset", from.dataset},
          {"dataset_sha256", from.dataset_sha256},
          {"fingerprint", from.fingerprint},
          {"plugins", plugins_json(from.plugins)},
          {"start_run", from.start_run_id},
          {"start_file_sha256", from.start_file_sha256},
          {"uses", uses},
          {"changes", changes},
          {"slimmed", slimmed},
          {"revision", from.source_revision}};
}

Json facts_of(const compare::Run& run, const runlog::Reader& log) {
  const runlog::RunDescription& description = log.description();
  return {
      {"name", run.name},
      {"run_id", run.run_id},
      {"path", run.path.string()},
      {"state", compare::to_string(run.state)},
      {"problem", run.problem},
      {"created", runlog::whole_seconds(run.created_utc)},
      {"seed", std::to_string(run.seed)},  // which JavaScript's numbers may not hold
      {"tags", run.tags},
      {"notes", notes_json(run.notes)},
      {"steps", run.steps},
      {"seconds", run.seconds},
      {"samples_per_second", run.samples_per_second},
      {"progress", progress_of(run)},
      {"bytes", run.bytes},
      {"source", description.source},
      {"resolved", description.resolved},
      {"overrides", description.overrides},
      {"sample_seed", run.settings.contains("sample.seed") ? run.settings.at("sample.seed") : std::to_string(run.seed)},
      {"provenance", provenance_json(log)}};
}

RunPage::Cadence cadence_of(const runlog::Reader& log, const runlog::Cadence& cadence, int64_t points) {
  std::vector<int64_t> steps;
  std::vector<double> epochs;
  std::vector<std::pair<std::string, std::vector<double>>> metrics;
  for (const runlog::MetricColumn& metric : cadence.metrics) {
    runlog::MetricSeries series = log.metric(cadence.name, metric.name);
    metrics.emplace_back(metric.name, std::move(series.values));
    if (series.steps.size() > steps.size()) {
      steps = std::move(series.steps);
      epochs = std::move(series.epochs);
    }
  }
  const runlog::TimingSeries timing = log.timing(cadence.name);
  std::vector<runlog::MetricColumn> columns = cadence.metrics;
  if (cadence.name == "train" && !timing.samples_per_second.empty()) {
    metrics.emplace_back("samples_per_second", timing.samples_per_second);
    columns.push_back({"samples_per_second", "samples/s", "larger", "how fast the run trained"});
  }
  return {cadence.name, cadence.split, curves_of(steps, epochs, timing, metrics, points), std::move(columns)};
}

// What a comparison asks of a series of training: where it begins and ends, and its extremes.
void keep_extremes(compare::Series& series, int64_t points) {
  if (std::ssize(series.values) <= points) {
    return;
  }
  const auto at = [&](auto found) { return static_cast<size_t>(found - series.values.begin()); };
  std::vector<size_t> kept{0, at(std::ranges::min_element(series.values)), at(std::ranges::max_element(series.values)),
                           series.values.size() - 1};
  std::ranges::sort(kept);
  kept.erase(std::unique(kept.begin(), kept.end()), kept.end());
  const auto only = [&](auto& values) {
    std::remove_reference_t<decltype(values)> few;
    for (const size_t i : kept) {
      few.push_back(values[i]);
    }
    values = std::move(few);
  };
  only(series.steps);
  only(series.epochs);
  only(series.values);
}

// Of what cannot be read the page says why, and shows the rest.
template <typename Read>
Json readable_part(const Read& read) {
  try {
    return read();
  } catch (const Error& error) {
    return {{"problem", error.what()}};
  }
}

RunPage read(const std::filesystem::path& path, compare::Run run, int64_t points) {
  const runlog::Reader log(path);
  RunPage page{std::move(run), nullptr, nullptr, nullptr};
  page.samples = readable_part([&] { return samples_json(log); });
  page.arrays = readable_part([&] { return arrays_json(log, page.run.settings); });
  page.facts = facts_of(page.run, log);
  for (const runlog::Cadence& cadence : log.description().cadences) {
    page.cadences.push_back(cadence_of(log, cadence, points));
  }
  for (compare::Series& series : page.run.metrics) {
    if (!series.of_evaluation()) {
      keep_extremes(series, points);
    }
  }
  return page;
}

// "test/loss" as tables call it.
std::string full_name_of(const RunPage& page, const std::string& cadence, const std::string& metric) {
  for (const compare::Series& series : page.run.metrics) {
    if (series.cadence == cadence && series.name == metric) {
      return series.full_name();
    }
  }
  return cadence + "/" + metric;
}

Json curves_json(const RunPage& page) {
  Json out = Json::array();
  for (const RunPage::Cadence& cadence : page.cadences) {
    const Curves& curves = cadence.curves;
    Json metrics = Json::array();
    for (size_t i = 0; i < curves.metrics.size(); ++i) {
      const Curve& curve = curves.metrics[i];
      const runlog::MetricColumn& column = cadence.metrics[i];
      Json metric{{"name", full_name_of(page, cadence.name, curve.name)},
                  {"units", column.units},
                  {"better", column.better},
                  {"help", column.help},
                  {"infinite", curve.infinite},
                  {"mean", curves.rows_per_point == 1 ? packed(curve.smallest) : packed_rounded(curve.mean)}};
      if (curves.rows_per_point > 1) {  // else all three are the same
        metric["smallest"] = packed(curve.smallest);
        metric["largest"] = packed(curve.largest);
      }
      metrics.push_back(std::move(metric));
    }
    out.push_back({{"name", cadence.name},
                   {"split", cadence.split},
                   {"rows", curves.rows},
                   {"rows_per_point", curves.rows_per_point},
                   {"steps", packed_steps(curves.steps)},
                   {"epochs", packed_rounded(curves.epochs)},
                   {"seconds", packed_rounded(curves.seconds)},
                   {"metrics", std::move(metrics)}});
  }
  return out;
}

}  // namespace

RunPage read_run_page(const std::filesystem::path& log, int64_t points) {
  compare::Run run = compare::read_run(log);
  if (run.state == compare::State::broken) {
    return {std::move(run), nullptr, nullptr, nullptr};
  }
  try {
    return read(log, std::move(run), points);
  } catch (const Error& error) {
    runlog::Heading broken{log, error.what()};
    return {{compare::summary_of(broken), {}, {}}, nullptr, nullptr, nullptr};
  }
}

Json run_json(const RunPage& page) {
  Json out = page.facts;
  out["cadences"] = curves_json(page);
  out["samples"] = page.samples;
  out["arrays"] = page.arrays;
  return out;
}

}  // namespace atelier::report
