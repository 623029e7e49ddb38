#include "cli/sweep_message.hpp"

#include <nlohmann/json.hpp>

#include "base/error.hpp"

namespace atelier::cli {
namespace {

using MessageJson = nlohmann::json;

MessageJson to_json(const CheckedPoint& point) {
  return {static_cast<int>(point.state.kind),
          point.state.log.string(),
          point.state.reason,
          point.state.step,
          point.shape,
          point.steps,
          point.evaluations,
          point.state.left_behind};
}

MessageJson to_json(const EvaluatedMetric& metric) {
  return {metric.cadence, metric.split, metric.name, static_cast<int>(metric.direction)};
}

EvaluatedMetric metric_of(const MessageJson& json) {
  return {json.at(0), json.at(1), json.at(2), static_cast<catalog::Direction>(json.at(3).get<int>())};
}

MessageJson to_json(const Halving& halving) {
  MessageJson points = MessageJson::array();
  for (const PointRungs& point : halving.points) {
    points.push_back({point.steps, point.total_steps});
  }
  return {{"rungs", halving.rule.rungs},
          {"factor", halving.rule.factor},
          {"larger", halving.rule.larger_is_better},
          {"metric", to_json(halving.metric)},
          {"points", points}};
}

Halving halving_of(const MessageJson& json) {
  Halving halving;
  halving.rule = {json.at("rungs"), json.at("factor"), json.at("larger")};
  halving.metric = metric_of(json.at("metric"));
  for (const MessageJson& point : json.at("points")) {
    halving.points.push_back({point.at(0).get<std::vector<int64_t>>(), point.at(1)});
  }
  return halving;
}

MessageJson to_json(const Pairing& pairing) {
  return {{"names", pairing.names},
          {"metric", to_json(pairing.metric)},
          {"first_seed", pairing.first_seed},
          {"alpha", pairing.alpha},
          {"seconds", pairing.seconds}};
}

Pairing pairing_of(const MessageJson& json) {
  Pairing pairing;
  pairing.names = json.at("names").get<std::array<std::string, 2>>();
  pairing.metric = metric_of(json.at("metric"));
  pairing.first_seed = json.at("first_seed");
  pairing.alpha = json.at("alpha");
  pairing.seconds = json.at("seconds");
  return pairing;
}

CheckedPoint point_of(const MessageJson& json) {
  CheckedPoint point;
  point.state = {static_cast<PointState::Kind>(json.at(0).get<int>()), json.at(1).get<std::string>(), json.at(2),
                 json.at(3), false};
  point.shape = json.at(4);
  point.steps = json.at(5);
  point.evaluations = json.at(6);
  point.state.left_behind = json.at(7);
  return point;
}

}  // namespace

// As CBOR, whose strings may hold any bytes.
std::string to_message(const CheckedSweep& checked) {
  MessageJson points = MessageJson::array(), looks = MessageJson::array();
  for (const experiment::SweepPoint& point : checked.sweep.points) {
    points.push_back({point.identity, point.name, point.values, point.label, point.overrides});
  }
  for (const CheckedPoint& point : checked.points) {
    looks.push_back(to_json(point));
  }
  MessageJson json{
      {"keys", checked.sweep.keys}, {"points", points}, {"left_out", checked.sweep.left_out}, {"checked", looks}};
  if (checked.halving) {
    json["halving"] = to_json(*checked.halving);
  }
  if (checked.pairing) {
    json["pairing"] = to_json(*checked.pairing);
  }
  const std::vector<uint8_t> bytes = MessageJson::to_cbor(json);
  return {bytes.begin(), bytes.end()};
}

CheckedSweep sweep_of_message(const std::string& message) {
  try {
    const MessageJson json = MessageJson::from_cbor(message);
    CheckedSweep checked;
    checked.sweep.keys = json.at("keys").get<std::vector<std::string>>();
    checked.sweep.left_out = json.at("left_out").get<int64_t>();
    for (const MessageJson& point : json.at("points")) {
      checked.sweep.points.push_back({point.at(0), point.at(1), point.at(2), point.at(3), point.at(4)});
    }
    for (const MessageJson& point : json.at("checked")) {
      checked.points.push_back(point_of(point));
    }
    if (json.contains("halving")) {
      checked.halving = halving_of(json.at("halving"));
    }
    if (json.contains("pairing")) {
      checked.pairing = pairing_of(json.at("pairing"));
    }
    return checked;
  } catch (const MessageJson::exception& error) {
    throw Error(ErrorKind::internal, "a sweep is told in a way that nobody reads: {}", error.what());
  }
}

}  // namespace atelier::cli
