// Mean, deviation and correlation.
#pragma once

#include <limits>
#include <span>

#include "statistics/lack.hpp"

namespace atelier::statistics {

struct Estimate {
  double value = std::numeric_limits<double>::quiet_NaN();
  Lack lack = Lack::too_few;
};

Estimate mean(std::span<const double> values);                               // of one value or more
Estimate deviation(std::span<const double> values);                          // the sample's, over n - 1; of two or more
Estimate correlation(std::span<const double> a, std::span<const double> b);  // Pearson's, of pairs; three or more

// Trapezoids between the points (x, y), over the length of x: the mean height of the curve, in y's unit. x rises; of
// two points or more.
Estimate mean_height(std::span<const double> x, std::span<const double> y);

}  // namespace atelier::statistics
