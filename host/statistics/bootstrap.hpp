// How far a mean, or a difference of means, may be off: bias-corrected and accelerated bootstrap intervals (Efron 1987,
// "Better bootstrap confidence intervals").
//
//   z0 = Phi^-1(share of the resampled means below the mean)     a = sum(U^3) / (6 sum(U^2)^(3/2)), U by the jackknife
//   the bounds are the quantiles Phi(z0 + (z0 + z) / (1 - a (z0 + z))) of the resampled means, for z = -+z_level
//
// Of few values they are too narrow, as every interval that knows no more than these: docs/comparing.md has by how
// much.
#pragma once

#include <cstdint>
#include <limits>
#include <span>

#include "statistics/lack.hpp"

namespace atelier::statistics {

struct Interval {
  double low = std::numeric_limits<double>::quiet_NaN(), high = low;
  Lack lack = Lack::too_few;
};

// The same seed gives the same resamples, so equal values always have equal intervals.
struct Resampling {
  size_t count = 9999;
  uint64_t seed = 1987;
};

// Of the mean; of three values or more that are not all equal. `level` is between 0 and 1, 0.95 for instance.
Interval bca_interval(std::span<const double> values, double level, const Resampling& resampling = {});
// Of mean(a) - mean(b), where no value of one belongs to one of the other; three values or more of each.
Interval bca_interval(std::span<const double> a, std::span<const double> b, double level,
                      const Resampling& resampling = {});

}  // namespace atelier::statistics
