#include <doctest/doctest.h>

#include "base/error.hpp"
#include "training/measures.hpp"

using namespace atelier;
using catalog::Direction;
using training::Monitor;

namespace {

experiment::Experiment by(const std::string& metric, std::optional<experiment::Goal> goal = std::nullopt) {
  experiment::Experiment out;
  out.evaluate.metric = metric;
  out.evaluate.goal = goal;
  return out;
}

Monitor monitor(const experiment::Experiment& experiment, Direction declared) {
  return training::monitor_of(experiment, {experiment.evaluate.metric, declared, "", ""});
}

}  // namespace

TEST_CASE("the best weights go by the declared direction, and by the experiment's goal before that") {
  CHECK(monitor(by("accuracy"), Direction::larger).direction == Direction::larger);
  CHECK(monitor(by("loss"), Direction::smaller).direction == Direction::smaller);
  CHECK(monitor(by("loss"), Direction::smaller).warning.empty());

  const Monitor agreed = monitor(by("accuracy", experiment::Goal::max), Direction::larger);
  CHECK(agreed.direction == Direction::larger);
  CHECK(agreed.warning.empty());
  const Monitor against = monitor(by("accuracy", experiment::Goal::min), Direction::larger);
  CHECK(against.direction == Direction::smaller);
  CHECK(against.warning ==
        "evaluate.goal: of 'accuracy' smaller values are better, says the experiment; larger values are better, says "
        "the plugin that reports it; the experiment is followed");
  CHECK(monitor(by("score", experiment::Goal::max), Direction::unknown).direction == Direction::larger);
  CHECK(monitor(by("score", experiment::Goal::max), Direction::unknown).warning.empty());
}

TEST_CASE("a direction that nobody gives is asked for") {
  CHECK_THROWS_WITH_AS(monitor(by("score"), Direction::unknown),
                       "evaluate.metric: nobody says whether larger or smaller values of 'score' are better; hint: set "
                       "evaluate.goal to 'max' or 'min'",
                       Error);
}

TEST_CASE("a game has no best, and cannot be stopped by it") {
  experiment::Experiment game = by("loss");
  const Monitor none = monitor(game, Direction::neither);
  CHECK(none.direction == Direction::neither);
  CHECK(none.reason.starts_with("none is kept: of 'loss' neither larger nor smaller values are better; hint: "));
  game.train.early_stopping = experiment::EarlyStopping{};
  CHECK_THROWS_WITH_AS(monitor(game, Direction::neither),
                       "train.early_stopping: of 'loss' neither larger nor smaller values are better, so that nothing "
                       "can improve; hint: name a metric of quality in evaluate.metric, or set evaluate.goal",
                       Error);
  game.evaluate.goal = experiment::Goal::min;
  CHECK(monitor(game, Direction::neither).direction == Direction::smaller);
}
