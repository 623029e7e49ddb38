#include "cli/run_event.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/error.hpp"

namespace atelier::cli {
namespace {

using Json = nlohmann::ordered_json;
using EventKind = RunEvent::Kind;

constexpr std::array<const char*, 4> names{"started", "evaluated", "warning", "ended"};

Json number(double value) {
  return std::isfinite(value) ? Json(value) : Json(nullptr);
}

Json numbers(const std::map<std::string, double>& values) {
  Json json = Json::object();
  for (const auto& [name, value] : values) {
    json[name] = number(value);
  }
  return json;
}

double number_of(const Json& json) {
  return json.is_null() ? std::nan("") : json.get<double>();
}

void put_judged(Json& json, const RunEvent& event) {
  if (!event.metric.empty()) {
    json["metric"] = event.metric;
    json["better"] = event.larger_is_better ? "larger" : "smaller";
  }
}

}  // namespace

std::string to_json_line(const RunEvent& event) {
  Json json{{"event", names[static_cast<size_t>(event.kind)]}};
  switch (event.kind) {
    case EventKind::started:
      json.update({{"log", event.log}, {"step", event.step}});
      put_judged(json, event);
      break;
    case EventKind::evaluated:
      json.update({{"step", event.step}, {"epoch", number(event.epoch)}, {"metrics", numbers(event.metrics)}});
      json["best"] = event.best;
      put_judged(json, event);
      break;
    case EventKind::warning:
      json["text"] = event.text;
      break;
    case EventKind::ended:
      json.update({{"log", event.log}, {"status", event.status}, {"reason", event.reason}, {"step", event.step}});
      json.update({{"seconds", number(event.seconds)}, {"samples_per_second", number(event.samples_per_second)}});
      json["metrics"] = numbers(event.metrics);
      break;
  }
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

RunEvent run_event_of(const std::string& line) {
  try {
    const Json json = Json::parse(line);
    RunEvent event;
    const auto found = std::find(names.begin(), names.end(), json.at("event").get<std::string>());
    ATELIER_CHECK(found != names.end());
    event.kind = static_cast<EventKind>(found - names.begin());
    event.log = json.value("log", "");
    event.step = json.value("step", int64_t{0});
    event.best = json.value("best", false);
    event.text = json.value("text", "");
    event.status = json.value("status", "");
    event.reason = json.value("reason", "");
    event.metric = json.value("metric", "");
    event.larger_is_better = json.value("better", "smaller") == "larger";
    event.epoch = json.contains("epoch") ? number_of(json["epoch"]) : 0;
    event.seconds = json.contains("seconds") ? number_of(json["seconds"]) : 0;
    event.samples_per_second = json.contains("samples_per_second") ? number_of(json["samples_per_second"]) : 0;
    if (json.contains("metrics")) {
      for (const auto& [name, value] : json["metrics"].items()) {
        event.metrics[name] = number_of(value);
      }
    }
    return event;
  } catch (const Json::exception& error) {
    throw Error(ErrorKind::internal, "a run tells its supervisor what is no event: {}", error.what());
  }
}

RunEvent event_of(const training::RunOutcome& outcome) {
  RunEvent event;
  event.kind = EventKind::ended;
  event.log = outcome.log.string();
  event.status = runlog::to_string(outcome.status);
  event.reason = outcome.reason;
  event.step = outcome.steps;
  event.seconds = outcome.training_seconds;
  event.samples_per_second = outcome.samples_per_second;
  event.metrics = outcome.metrics;
  return event;
}

}  // namespace atelier::cli
