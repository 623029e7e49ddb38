#include <doctest/doctest.h>

#include <limits>
#include <vector>

#include "training/improvement.hpp"

using namespace atelier;
using catalog::Direction;
using training::Improvement;

namespace {

// The evaluation after which the run stops, from 1; 0 where it does not.
size_t stops_at(Improvement improvement, const std::vector<double>& values) {
  for (size_t i = 0; i < values.size(); ++i) {
    improvement.take(values[i]);
    if (improvement.patience_ended()) {
      return i + 1;
    }
  }
  return 0;
}

std::vector<double> falling(double from, double by, int count) {
  std::vector<double> out;
  for (int i = 0; i < count; ++i) {
    out.push_back(from - by * i);
  }
  return out;
}

constexpr double infinity = std::numeric_limits<double>::infinity();

}  // namespace

TEST_CASE("what falls slowly improves each time that it has fallen by more than min_delta") {
  const experiment::EarlyStopping patient{3, 0.25};
  CHECK(stops_at({Direction::smaller, patient}, falling(5, 0.125, 40)) == 0);   // in three evaluations by 0.375
  CHECK(stops_at({Direction::smaller, patient}, falling(5, 0.0625, 40)) == 4);  // by 0.1875
  CHECK(stops_at({Direction::larger, patient}, falling(-5, -0.125, 40)) == 0);
  CHECK(stops_at({Direction::larger, patient}, falling(5, 0.125, 40)) == 4);
  // What is better by min_delta exactly is not better by more.
  CHECK(stops_at({Direction::smaller, experiment::EarlyStopping{2, 0.25}}, {5, 4.75, 4.75}) == 3);
  CHECK(stops_at({Direction::smaller, experiment::EarlyStopping{2, 0}}, {5, 5, 5}) == 3);
}

TEST_CASE("the best evaluation is the best however little it gains") {
  Improvement improvement(Direction::smaller, experiment::EarlyStopping{9, 1});
  CHECK(improvement.take(5));
  CHECK(improvement.take(4.75));
  CHECK(!improvement.take(4.875));
  CHECK(improvement.take(4.5));
  CHECK(improvement.evaluations_without() == 3);
  CHECK(improvement.take(3.5));
  CHECK(improvement.evaluations_without() == 0);
}

TEST_CASE("values that are not finite are never the best, and count as evaluations without an improvement") {
  Improvement improvement(Direction::larger, experiment::EarlyStopping{3, 0});
  CHECK(!improvement.take(infinity));
  CHECK(!improvement.take(std::numeric_limits<double>::quiet_NaN()));
  CHECK(improvement.take(-1));
  CHECK(!improvement.take(infinity));
  CHECK(improvement.take(0));
  CHECK(!improvement.patience_ended());
}

TEST_CASE("where neither larger nor smaller values are better, none is the best") {
  Improvement improvement(Direction::neither, std::nullopt);
  CHECK(!improvement.take(1));
  CHECK(!improvement.take(2));
  CHECK(!improvement.take(0));
}

TEST_CASE("a run that goes on waits for the same improvement") {
  const experiment::EarlyStopping patient{3, 0.25};
  const std::vector<double> values = falling(5, 0.0625, 2);
  Improvement before(Direction::smaller, patient);
  for (const double value : values) {
    before.take(value);
  }
  runlog::TrainerState state;
  before.save(state);
  for (const double next : {4.8125, 4.6875}) {  // since 5, which counted last; both are the best
    Improvement whole = before;
    Improvement resumed(Direction::smaller, patient);
    resumed.restore(state);
    CHECK(whole.take(next));
    CHECK(resumed.take(next));
    CHECK(whole.evaluations_without() == (next > 4.75 ? 2 : 0));
    CHECK(resumed.evaluations_without() == whole.evaluations_without());
  }
}
