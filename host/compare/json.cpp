#include "compare/json.hpp"

#include <nlohmann/json.hpp>
#include <sstream>

#include "compare/passports.hpp"
#include "compare/run_json.hpp"
#include "compare/sample_values.hpp"

namespace atelier::compare {
namespace {

using Json = nlohmann::ordered_json;

Json best_json(const Best& best) {
  if (best.metric.empty() || best.step == 0) {
    return nullptr;
  }
  return {
      {"metric", best.metric}, {"better", catalog::to_string(best.better)}, {"value", best.value}, {"step", best.step}};
}

Json run_json(const RunSummary& run) {
  Json json{{"path", run.path.string()}, {"status", to_string(run.state)}, {"reason", text_or_null(run.problem)}};
  if (run.state == State::broken) {
    return json;
  }
  json["host"] = text_or_null(run.host);
  json["id"] = run.run_id;
  json["name"] = run.name;
  json["created_utc"] = run.created_utc;
  json["seed"] = run.seed;
  json["tags"] = run.tags;
  json["notes"] = Json::array();
  for (const runlog::Note& note : run.notes) {
    json["notes"].push_back({{"utc", note.utc}, {"text", note.text}});
  }
  json["steps"] = run.steps;
  json["seconds"] = run.seconds;
  json["samples_per_second"] = run.samples_per_second > 0 ? Json(run.samples_per_second) : Json(nullptr);
  json["best"] = best_json(run.best);
  json["bytes"] = run.bytes;
  return json;
}

Json value_json(const Value& value) {
  switch (value.kind) {
    case Value::Kind::truth:
      return value.truth;
    case Value::Kind::number: {
      const Json number = Json::parse(to_string(value), nullptr, false);  // whole numbers as such
      return number.is_discarded() ? Json(nullptr) : number;
    }
    case Value::Kind::text:
      return value.text;
    case Value::Kind::list:
      break;
  }
  Json list = Json::array();
  for (const Value& item : value.items) {
    list.push_back(value_json(item));
  }
  return list;
}

Json metrics_json(const Run& run) {
  Json json = Json::object();
  for (const auto& series : run.metrics) {
    json[series.cadence][series.name] = {{"split", text_or_null(series.split)},
                                         {"units", text_or_null(series.units)},
                                         {"better", text_or_null(catalog::to_string(series.better))},
                                         {"help", text_or_null(series.help)},
                                         {"step", series.steps},
                                         {"epoch", series.epochs},
                                         {"value", series.values}};
  }
  return json;
}

Json classes_json(const catalog::DataSpec& data) {
  Json json = Json::object();
  for (const catalog::FieldSpec& field : data.fields) {
    if (!field.class_names.empty()) {
      json[field.name] = field.class_names;
    }
  }
  return json;
}

Json lengths_json(const tensor::Shape& shape) {
  return std::vector<int64_t>(shape.dims().begin(), shape.dims().end());
}

Json data_json(const catalog::DataSpec& data) {
  Json json = Json::object();
  for (const catalog::FieldSpec& field : data.fields) {
    json[field.name] = {{"kind", catalog::name_of(field.kind)},
                        {"type", field.as_bytes ? "uint8" : tensor::name_of(field.dtype)},
                        {"shape", lengths_json(field.dims)},
                        {"classes", field.classes},
                        {"low", field.low},
                        {"high", field.high},
                        {"rate", field.rate},
                        {"channel_names", field.channel_names},
                        {"length_field", text_or_null(field.length_field)}};
  }
  return json;
}

Json changes_json(const std::vector<runlog::Change>& changes) {
  Json json = Json::array();
  for (const auto& change : changes) {
    json.push_back({{"step", change.step},
                    {"what", change.what},
                    {"was", text_or_null(change.was)},
                    {"now", text_or_null(change.now)}});
  }
  return json;
}

Json start_file_json(const runlog::Provenance& from) {
  if (from.start_file_sha256.empty()) {
    return nullptr;
  }
  Json left_out = Json::array();
  std::istringstream lines(from.start_left_out);
  for (std::string line; std::getline(lines, line);) {
    left_out.push_back(line);
  }
  return {{"sha256", from.start_file_sha256}, {"left_out", left_out}};
}

Json provenance_json(const runlog::RunDescription& description) {
  const runlog::Provenance& from = description.provenance;
  Json plugins = Json::array();
  for (const auto& plugin : from.plugins) {
    plugins.push_back(
        {{"name", plugin.name}, {"version", plugin.version}, {"sha256", plugin.sha256}, {"path", plugin.path}});
  }
  Json foreign = Json::object();
  for (const auto& run : description.foreign) {
    foreign[run.name] = run.run_id;
  }
  return {{"host", from.host},
          {"threads", from.threads},
          {"fingerprint", from.fingerprint},
          {"dataset", {{"name", from.dataset}, {"sha256", text_or_null(from.dataset_sha256)}}},
          {"classes", classes_json(description.data)},
          {"plugins", plugins},
          {"runs", foreign},
          {"start_run", text_or_null(from.start_run_id)},
          {"start_file", start_file_json(from)},
          {"changes", changes_json(from.changes)},
          {"source_revision", text_or_null(from.source_revision)}};
}

Json ranges_json(const std::vector<ValueRange>& ranges) {
  Json json = Json::array();
  for (const ValueRange& range : ranges) {
    json.push_back(
        {{"name", range.name}, {"smallest", range.smallest}, {"mean", range.mean}, {"largest", range.largest}});
  }
  return json;
}

Json samples_json(const Details& details) {
  Json json = Json::object();
  for (const SampleRows& rows : details.samples) {
    const runlog::SampleSeries& series = rows.series;
    Json& one = json[series.name];
    one = {{"count", series.count},
           {"kind", catalog::name_of(series.kind)},
           {"field", text_or_null(series.field)},
           {"shape", lengths_json(series.dims)},
           {"step", rows.steps},
           {"dataset", place_in_log(series)}};
    if (has_preview(series)) {
      one["preview"] = "/samples/" + series.name + "/preview";
    }
    if (!rows.texts.empty()) {
      one["newest"] = rows.texts;
    } else if (rows.values.shape.rank() > 0) {
      one["newest"] = ranges_json(ranges_of(rows, names_of_channels(details.description, series)));
    }
  }
  return json;
}

Json passports_json(const Run& run) {
  Json json = Json::object();
  for (const Passport& passport : passports_of(run)) {
    Json values = Json::object();
    for (const Passport::Value& one : passport.values) {
      values[one.name] = {{"value", one.value}, {"of_real", one.real}};
    }
    json[passport.metric] = {{"use", passport.use},
                             {"from", text_or_null(passport.extractor)},
                             {"id", text_or_null(passport.id)},
                             {"feature", text_or_null(passport.feature)},
                             {"split", passport.split},
                             {"samples", passport.samples > 0 ? Json(passport.samples) : Json(nullptr)},
                             {"preprocessing", passport.preprocessing},
                             {"seed", passport.seed},
                             {"values", values}};
  }
  return json;
}

Json step_json(const WeightsAt& weights) {
  return weights.step ? Json(*weights.step) : Json(nullptr);
}

}  // namespace

std::string dumped(const Json& document) {
  return document.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

Json text_or_null(const std::string& text) {
  return text.empty() ? Json(nullptr) : Json(text);
}

std::string to_json(const std::vector<RunSummary>& runs, const std::vector<ListedColumn>& columns) {
  Json list = Json::array();
  for (const auto& run : runs) {
    Json json = run_json(run);
    for (const ListedColumn& column : columns) {
      const std::optional<Value> value = value_of(run, column.key);
      json["columns"][column.heading] = value ? value_json(*value) : Json(nullptr);
    }
    list.push_back(json);
  }
  return dumped(list);
}

std::string to_json(const Run& run, const Details& details) {
  Json json = run_json(run);
  json["experiment"] = {{"source", details.description.source},
                        {"resolved", details.description.resolved},
                        {"overrides", details.description.overrides},
                        {"settings", run.settings}};
  json["slimmed"] = Json::array();
  for (const runlog::Slimming& slimming : details.slimmed) {
    json["slimmed"].push_back({{"utc", slimming.utc}, {"dropped", slimming.parts}});
  }
  json["provenance"] = provenance_json(details.description);
  json["metrics"] = metrics_json(run);
  json["passports"] = passports_json(run);
  json["data"] = data_json(details.description.data);
  json["samples"] = samples_json(details);
  json["weights"] = {{"checkpoint", step_json(details.checkpoint)},
                     {"best", step_json(details.best)},
                     {"final", step_json(details.final)}};
  return dumped(json);
}

std::string to_json(const Comparison& comparison) {
  Json runs = Json::array();
  for (size_t i = 0; i < comparison.runs.size(); ++i) {
    Json run{{"run", comparison.labels[i]}};
    run.update(run_json(comparison.runs[i]));
    Json settings = Json::object();
    for (const auto& difference : comparison.differences) {
      settings[difference.key] = text_or_null(difference.values[i]);
    }
    Json results = Json::object();
    Json best = Json::array();
    for (const auto& result : comparison.results) {
      results[result.name] = result.values[i];
      if (result.is_best(i)) {
        best.push_back(result.name);
      }
    }
    run["settings"] = settings;
    run["results"] = results;
    run["best_of"] = best;
    runs.push_back(run);
  }
  Json broken = Json::array();
  for (const auto& run : comparison.broken) {
    broken.push_back(run_json(run));
  }
  Json rows = Json::array();
  for (const auto& result : comparison.results) {
    Json unlike = Json::array();
    for (const Unlikeness& one : result.unlike) {
      unlike.push_back(one.what);
    }
    rows.push_back({{"name", result.name},
                    {"better", text_or_null(catalog::to_string(result.better))},
                    {"runs_differ_in", unlike}});
  }
  Json of_test_samples = Json::array();
  for (const OverSamples& one : over_samples(comparison)) {
    of_test_samples.push_back({{"run", comparison.labels[one.run]},
                               {"against", comparison.labels[one.reference]},
                               {"difference", of_samples_json(one.difference)}});
  }
  return dumped({{"metric", text_or_null(comparison.metric)},
                 {"results", rows},
                 {"runs", runs},
                 {"over_samples", of_test_samples},
                 {"broken", broken}});
}

std::string to_json(const Value& value) {
  return value_json(value).dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace atelier::compare
