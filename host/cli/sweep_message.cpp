#include "cli/sweep_message.hpp"

#include <nlohmann/json.hpp>

#include "base/error.hpp"

namespace atelier::cli {
namespace {

using Json = nlohmann::json;

Json to_json(const CheckedPoint& point) {
  return {static_cast<int>(point.state.kind),
          point.state.log.string(),
          point.state.reason,
          point.state.step,
          point.shape,
          point.steps,
          point.evaluations};
}

CheckedPoint point_of(const Json& json) {
  CheckedPoint point;
  point.state = {static_cast<PointState::Kind>(json.at(0).get<int>()), json.at(1).get<std::string>(), json.at(2),
                 json.at(3)};
  point.shape = json.at(4);
  point.steps = json.at(5);
  point.evaluations = json.at(6);
  return point;
}

}  // namespace

// As CBOR, whose strings may hold any bytes.
std::string to_message(const CheckedSweep& checked) {
  Json points = Json::array(), looks = Json::array();
  for (const experiment::SweepPoint& point : checked.sweep.points) {
    points.push_back({point.identity, point.name, point.values, point.label, point.overrides});
  }
  for (const CheckedPoint& point : checked.points) {
    looks.push_back(to_json(point));
  }
  const std::vector<uint8_t> bytes = Json::to_cbor(
      Json{{"keys", checked.sweep.keys}, {"points", points}, {"left_out", checked.sweep.left_out}, {"checked", looks}});
  return {bytes.begin(), bytes.end()};
}

CheckedSweep sweep_of_message(const std::string& message) {
  try {
    const Json json = Json::from_cbor(message);
    CheckedSweep checked;
    checked.sweep.keys = json.at("keys").get<std::vector<std::string>>();
    checked.sweep.left_out = json.at("left_out").get<int64_t>();
    for (const Json& point : json.at("points")) {
      checked.sweep.points.push_back({point.at(0), point.at(1), point.at(2), point.at(3), point.at(4)});
    }
    for (const Json& point : json.at("checked")) {
      checked.points.push_back(point_of(point));
    }
    return checked;
  } catch (const Json::exception& error) {
    throw Error(ErrorKind::internal, "a sweep is told in a way that nobody reads: {}", error.what());
  }
}

}  // namespace atelier::cli
