#include <doctest/doctest.h>

#include "base/error.hpp"
#include "experiment/learning_rate_schedule.hpp"

using namespace atelier::experiment;

TEST_CASE("a constant schedule is 1 throughout") {
  const LearningRateSchedule schedule;
  CHECK(factor(schedule, 1, 10) == 1.0);
  CHECK(factor(schedule, 10, 10) == 1.0);
}

TEST_CASE("warm-up is linear from 0 and reaches 1 at its last step") {
  LearningRateSchedule schedule;
  schedule.warmup = 4;
  CHECK(factor(schedule, 1, 10) == 0.25);
  CHECK(factor(schedule, 3, 10) == 0.75);
  CHECK(factor(schedule, 4, 10) == 1.0);
  CHECK(factor(schedule, 5, 10) == 1.0);
}

TEST_CASE("a step schedule drops after each full period, counted from the end of the warm-up") {
  LearningRateSchedule schedule;
  schedule.use = LearningRateSchedule::Use::step;
  schedule.every = 3;
  schedule.factor = 0.5;
  CHECK(factor(schedule, 1, 10) == 1.0);
  CHECK(factor(schedule, 3, 10) == 1.0);
  CHECK(factor(schedule, 4, 10) == 0.5);
  CHECK(factor(schedule, 7, 10) == 0.25);
  schedule.warmup = 2;
  CHECK(factor(schedule, 1, 10) == 0.5);
  CHECK(factor(schedule, 5, 10) == 1.0);
  CHECK(factor(schedule, 6, 10) == 0.5);
}

TEST_CASE("a cosine schedule goes from 1 to its floor, and stays there") {
  LearningRateSchedule schedule;
  schedule.use = LearningRateSchedule::Use::cosine;
  schedule.floor = 0.2;
  CHECK(factor(schedule, 1, 11) == 1.0);
  CHECK(factor(schedule, 6, 11) == doctest::Approx(0.6));
  CHECK(factor(schedule, 11, 11) == doctest::Approx(0.2));
  CHECK(factor(schedule, 50, 11) == doctest::Approx(0.2));
  schedule.warmup = 2;
  CHECK(factor(schedule, 2, 13) == 1.0);
  CHECK(factor(schedule, 3, 13) == 1.0);
  CHECK(factor(schedule, 13, 13) == doctest::Approx(0.2));
}

TEST_CASE("schedules of one step, or shorter than their warm-up, are defined") {
  LearningRateSchedule schedule;
  schedule.use = LearningRateSchedule::Use::cosine;
  CHECK(factor(schedule, 1, 1) == 1.0);
  schedule.warmup = 100;
  CHECK(factor(schedule, 10, 10) == 0.1);
}

TEST_CASE("updates count from 1") {
  CHECK_THROWS_AS(factor(LearningRateSchedule{}, 0, 10), atelier::Error);
}
