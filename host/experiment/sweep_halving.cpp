// [sweep.halving]: {metric = "validation/loss", epochs = [1, 3, 9], factor = 3}.
#include <fmt/core.h>

#include <algorithm>

#include "experiment/sections.hpp"
#include "experiment/sweep_axes.hpp"

namespace atelier::experiment {
namespace {

constexpr const char* lengths[] = {"epochs", "steps", "smallest_epochs", "smallest_steps"};

template <typename Number>
void report_order(Problems& problems, const Place& place, const std::string& key, const std::vector<Number>& values) {
  const bool increases = std::ranges::adjacent_find(values, std::greater_equal<>()) == values.end();
  if (values.empty() || !increases) {
    problems.add(place, join_path("sweep.halving", key),
                 fmt::format("got {}, expected one or more, each larger than the one before",
                             values.empty() ? "an empty list" : "numbers that don't increase"));
  }
}

}  // namespace

SweepHalving read_halving(Context& context, const Node& node) {
  SweepHalving halving;
  halving.place = node.place;
  if (node.kind != Node::Kind::table) {
    context.problems.add(node.place, "sweep.halving",
                         fmt::format("got {}, expected a table: {{epochs = [1, 3], factor = 3}}", describe(node)));
    return halving;
  }
  const TomlTable table{&node, "sweep.halving", node.place, true};
  report_unknown(context, table, names_in(section("sweep.halving")));
  const Values values = read_values(context, table, section("sweep.halving").keys);
  halving.metric = values.get<std::string>("metric");
  if (values.values.count("goal") != 0) {
    halving.goal = values.get<std::string>("goal") == "max" ? Goal::max : Goal::min;
  }
  halving.factor = values.get<int64_t>("factor");
  std::vector<std::string> given;
  std::ranges::copy_if(lengths, std::back_inserter(given), [&](const char* key) { return values.given(key); });
  if (given.size() != 1) {
    context.problems.add(given.empty() ? node.place : values.places.at(given.back()), "sweep.halving",
                         fmt::format("got {} of 'epochs', 'steps', 'smallest_epochs' and 'smallest_steps', expected "
                                     "exactly one of them",
                                     given.empty() ? "none" : fmt::format("{}", given.size())));
    return halving;
  }
  const std::string& key = given.front();
  const Place& place = values.places.at(key);
  halving.goes_on_by_factor = key.starts_with("smallest_");
  if (values.values.count(key) == 0) {
    return halving;  // it was wrong, which is said
  }
  if (key == "epochs") {
    halving.epochs = values.get<std::vector<double>>(key);
    report_order(context.problems, place, key, halving.epochs);
  } else if (key == "steps") {
    halving.steps = values.get<std::vector<int64_t>>(key);
    report_order(context.problems, place, key, halving.steps);
  } else if (key == "smallest_epochs") {
    halving.epochs = {values.get<double>(key)};
  } else {
    halving.steps = {values.get<int64_t>(key)};
  }
  return halving;
}

}  // namespace atelier::experiment
