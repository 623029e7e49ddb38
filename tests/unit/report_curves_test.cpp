#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "report/curves.hpp"
#include "report_numbers.hpp"

using namespace atelier;
using report::Curves;

namespace {

using report::test::infinity, report::test::missing;

// A noisy curve with one spike up and one down, and rows without a value.
std::vector<double> noisy(int64_t rows) {
  std::vector<double> values;
  for (int64_t row = 0; row < rows; ++row) {
    values.push_back(row % 7 == 3 ? missing : 10 + std::sin(static_cast<double>(row) * 1.7));
  }
  values[static_cast<size_t>(rows / 3)] = 1234.5678901234567;
  values[static_cast<size_t>(rows / 2)] = -99.87654321;
  return values;
}

Curves curves(const std::vector<double>& values, int64_t points) {
  std::vector<int64_t> steps;
  std::vector<double> epochs;
  runlog::TimingSeries timing;
  for (size_t row = 0; row < values.size(); ++row) {
    steps.push_back(10 * static_cast<int64_t>(row + 1));
    epochs.push_back(static_cast<double>(row) / 4);
    timing.steps.push_back(steps.back());
    timing.wall_seconds.push_back(static_cast<double>(row));
  }
  return report::curves_of(steps, epochs, timing, {{"loss", values}}, points);
}

double least(const std::vector<double>& values) {
  double out = infinity;
  for (const double value : values) {
    out = std::isnan(value) ? out : std::min(out, value);
  }
  return out;
}

double most(const std::vector<double>& values) {
  double out = -infinity;
  for (const double value : values) {
    out = std::isnan(value) ? out : std::max(out, value);
  }
  return out;
}

// The mean over all rows that have a value, from the points.
double mean_of(const report::Curve& curve) {
  double sum = 0;
  int64_t count = 0;
  for (size_t point = 0; point < curve.mean.size(); ++point) {
    if (curve.finite[point] > 0) {
      sum += curve.mean[point] * static_cast<double>(curve.finite[point]);
      count += curve.finite[point];
    }
  }
  return sum / static_cast<double>(count);
}

}  // namespace

TEST_CASE("a short curve stays as it is") {
  const Curves out = curves({3, missing, 1}, 10);
  CHECK(out.rows == 3);
  CHECK(out.rows_per_point == 1);
  CHECK(out.steps == std::vector<int64_t>{10, 20, 30});
  CHECK(out.metrics[0].smallest[0] == 3);
  CHECK(std::isnan(out.metrics[0].mean[1]));
  CHECK(out.metrics[0].largest[2] == 1);
}

TEST_CASE("however few the points, extremes, ends and the mean are those of all rows") {
  for (const int64_t rows : {100, 1000, 99'991}) {
    const std::vector<double> values = noisy(rows);
    double sum = 0;
    int64_t count = 0;
    for (const double value : values) {
      sum += std::isnan(value) ? 0 : value;
      count += std::isnan(value) ? 0 : 1;
    }
    for (const int64_t points : {1, 7, 64, 1024}) {
      CAPTURE(rows);
      CAPTURE(points);
      const Curves out = curves(values, points);
      const report::Curve& curve = out.metrics[0];
      CHECK(std::ssize(curve.mean) <= points);
      CHECK(curve.mean.size() == out.steps.size());
      CHECK(out.seconds.size() == out.steps.size());
      CHECK(out.steps.back() == 10 * rows);
      CHECK(out.seconds.back() == static_cast<double>(rows - 1));
      CHECK(least(curve.smallest) == least(values));
      CHECK(most(curve.largest) == most(values));
      CHECK(mean_of(curve) == doctest::Approx(sum / static_cast<double>(count)));
    }
  }
}

TEST_CASE("half of the points of a curve are what so few points of its rows are") {
  const std::vector<double> values = noisy(5000);
  const Curves fine = curves(values, 1000), coarse = report::halved(fine), again = curves(values, 500);
  CHECK(coarse.steps == again.steps);
  CHECK(coarse.epochs == again.epochs);
  CHECK(coarse.rows_per_point == again.rows_per_point);
  for (size_t point = 0; point < coarse.steps.size(); ++point) {
    CHECK(coarse.metrics[0].smallest[point] == again.metrics[0].smallest[point]);
    CHECK(coarse.metrics[0].largest[point] == again.metrics[0].largest[point]);
    CHECK(coarse.metrics[0].mean[point] == doctest::Approx(again.metrics[0].mean[point]));
  }
}

TEST_CASE("infinite values are extremes, but in no mean") {
  const Curves out = curves({1, infinity, 3, -infinity}, 1);
  const report::Curve& curve = out.metrics[0];
  CHECK(curve.smallest[0] == -infinity);
  CHECK(curve.largest[0] == infinity);
  CHECK(curve.mean[0] == 2);
  CHECK(curve.finite[0] == 2);
  CHECK(curve.infinite == 2);
}

TEST_CASE("columns that are shorter than their steps lack values in the last rows") {
  const Curves out = report::curves_of({1, 2, 3}, {0.1}, {{1, 9}, {5, 6}, {}}, {{"loss", {4}}, {"none", {}}}, 10);
  CHECK(out.steps.size() == 3);
  CHECK(out.metrics[0].mean[0] == 4);
  CHECK(std::isnan(out.metrics[0].mean[2]));
  CHECK(std::isnan(out.metrics[1].mean[0]));
  CHECK(out.seconds[0] == 5);
  CHECK(std::isnan(out.seconds[1]));  // that is of another step
  CHECK(std::isnan(out.seconds[2]));
}

TEST_CASE("a curve without rows has no points") {
  const Curves out = report::curves_of({}, {}, {}, {{"loss", {}}}, 10);
  CHECK(out.steps.empty());
  CHECK(out.metrics[0].mean.empty());
  CHECK(report::halved(out).steps.empty());
}
