// What of a number comes from which samples the test split happens to have, beside what comes of the seeds: a bootstrap
// over the samples, where a metric keeps the value of each (its setting per_sample). Reads the logs.
#pragma once

#include <limits>
#include <string>
#include <vector>

#include "compare/comparison.hpp"
#include "compare/grouping.hpp"
#include "statistics/bootstrap.hpp"

namespace atelier::compare {

struct OfSamples {
  size_t samples = 0;  // 0: the logs do not say
  double mean = std::numeric_limits<double>::quiet_NaN();
  double deviation = mean;          // that the mean has by the samples: theirs over the root of their number
  statistics::Interval interval{};  // of the mean, by 1,999 resamples of them
};

// Of the mean, over the runs of a group that have a value, of their last values.
OfSamples of_samples(const Grouping& grouping, const GroupedMetric& metric, size_t group);
// Of the difference of two groups' last values, sample by sample, so that what is hard in both is taken out; of the
// runs that the contrast is of.
OfSamples of_samples(const Grouping& grouping, const Contrast& contrast);

// A run's last value of Comparison::metric less that of the first run, in the same way.
struct OverSamples {
  size_t run = 0, reference = 0;  // in Comparison::runs
  OfSamples difference{};
};
// Of finished runs that keep the values, up to eight, and that measured the same.
std::vector<OverSamples> over_samples(const Comparison& comparison);

}  // namespace atelier::compare
