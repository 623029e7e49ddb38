#include "report/curves.hpp"

#include <algorithm>
#include <cmath>
#include <span>

#include "compare/nan.hpp"

namespace atelier::report {
namespace {

using compare::nan;

struct Point {
  double smallest = nan, largest = nan, sum = 0;
  int64_t finite = 0;

  void add(double low, double high, double mean, int64_t count) {
    if (std::isnan(low)) {
      return;
    }
    smallest = std::isnan(smallest) ? low : std::min(smallest, low);
    largest = std::isnan(largest) ? high : std::max(largest, high);
    if (std::isfinite(mean) && count > 0) {
      sum += mean * static_cast<double>(count);
      finite += count;
    }
  }
  void append_to(Curve& curve) const {
    curve.smallest.push_back(smallest);
    curve.largest.push_back(largest);
    curve.mean.push_back(finite > 0 ? sum / static_cast<double>(finite) : nan);
    curve.finite.push_back(finite);
  }
};

// The number of points that rows are cut into, and the rows of each but the last.
int64_t rows_per_point(int64_t rows, int64_t points) {
  return std::max<int64_t>(1, (rows + points - 1) / points);
}

// Of each group of `per` neighbours the last.
template <typename T>
std::vector<T> lasts(std::span<const T> values, size_t per) {
  std::vector<T> out;
  for (size_t begin = 0; begin < values.size(); begin += per) {
    out.push_back(values[std::min(begin + per, values.size()) - 1]);
  }
  return out;
}

Curve curve_of(const std::string& name, std::span<const double> values, size_t rows, size_t per) {
  Curve curve{name, {}, {}, {}, {}};
  for (size_t begin = 0; begin < rows; begin += per) {
    Point point;
    for (size_t row = begin; row < std::min({begin + per, rows, values.size()}); ++row) {
      point.add(values[row], values[row], values[row], 1);
      curve.infinite += std::isinf(values[row]) ? 1 : 0;
    }
    point.append_to(curve);
  }
  return curve;
}

// The log says when rows were written for the same steps, but may hold fewer of them.
std::vector<double> seconds_of(std::span<const int64_t> steps, const runlog::TimingSeries& timing) {
  std::vector<double> seconds(steps.size(), nan);
  for (size_t i = 0; i < std::min({steps.size(), timing.steps.size(), timing.wall_seconds.size()}); ++i) {
    seconds[i] = timing.steps[i] == steps[i] ? timing.wall_seconds[i] : nan;
  }
  return seconds;
}

}  // namespace

Curves curves_of(const std::vector<int64_t>& steps, const std::vector<double>& epochs,
                 const runlog::TimingSeries& timing,
                 const std::vector<std::pair<std::string, std::vector<double>>>& metrics, int64_t points) {
  Curves out;
  out.rows = std::ssize(steps);
  out.rows_per_point = rows_per_point(out.rows, points);
  const auto per = static_cast<size_t>(out.rows_per_point);
  const std::vector<double> seconds = seconds_of(steps, timing);
  out.steps = lasts(std::span(steps), per);
  std::vector<double> whole = epochs;
  whole.resize(steps.size(), nan);
  out.epochs = lasts(std::span(std::as_const(whole)), per);
  out.seconds = lasts(std::span(std::as_const(seconds)), per);
  for (const auto& [name, values] : metrics) {
    out.metrics.push_back(curve_of(name, values, steps.size(), per));
  }
  return out;
}

Curves halved(const Curves& curves) {
  Curves out;
  out.rows = curves.rows;
  out.rows_per_point = 2 * curves.rows_per_point;
  out.steps = lasts(std::span(curves.steps), 2);
  out.epochs = lasts(std::span(curves.epochs), 2);
  out.seconds = lasts(std::span(curves.seconds), 2);
  for (const Curve& curve : curves.metrics) {
    Curve half{curve.name, {}, {}, {}, {}, curve.infinite};
    for (size_t begin = 0; begin < curve.mean.size(); begin += 2) {
      Point point;
      for (size_t i = begin; i < std::min(begin + 2, curve.mean.size()); ++i) {
        point.add(curve.smallest[i], curve.largest[i], curve.mean[i], curve.finite[i]);
      }
      point.append_to(half);
    }
    out.metrics.push_back(std::move(half));
  }
  return out;
}

}  // namespace atelier::report
