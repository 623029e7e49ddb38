// Curves of any length as so many points that a page can draw, none of whose extremes is lost.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "runlog/rows.hpp"

namespace atelier::report {

// One metric, a value for each point; NaN where the point's rows have none.
struct Curve {
  std::string name;                       // as its cadence has it
  std::vector<double> smallest, largest;  // of the point's rows, exactly
  std::vector<double> mean;               // of those that are finite
  std::vector<int64_t> finite;            // how many these are
  int64_t infinite = 0;                   // values of the whole curve that are not
};

// The rows of a cadence, the same number of neighbouring rows in each point.
struct Curves {
  int64_t rows = 0, rows_per_point = 1;
  std::vector<int64_t> steps;           // of each point's last row
  std::vector<double> epochs, seconds;  // the same; seconds since the run began, NaN where they are not known
  std::vector<Curve> metrics;
};

constexpr int64_t most_points = 1024, least_points = 64;  // of a curve on a page

// Columns that are shorter than `steps` have no values in the rows that they lack. At most `points` points, at least 1.
Curves curves_of(const std::vector<int64_t>& steps, const std::vector<double>& epochs,
                 const runlog::TimingSeries& timing,
                 const std::vector<std::pair<std::string, std::vector<double>>>& metrics, int64_t points);

// With half of the points.
Curves halved(const Curves& curves);

}  // namespace atelier::report
