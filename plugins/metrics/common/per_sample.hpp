// A metric that is a mean over the samples of a split may log the value of each, too.
#pragma once

#include <atelier/metric.hpp>
#include <limits>

namespace atelier {

class PerSample {
 public:
  static void describe(Description& d) {
    d.flag(
        "per_sample", false,
        "log the value of each test sample, too: `atelier compare` then tells what comes from the test samples apart "
        "from what comes of the seeds");
  }

  PerSample(const Settings& settings, const DataSpec& data, const Builder& build)
      : samples_(settings.flag("per_sample") ? data.test_count : 0) {
    if (settings.flag("per_sample") && samples_ < 1) {
      build.fail("per_sample: the data has no test split");
    }
  }

  // As the metric's last result.
  void add_to(std::vector<Array>& results) const {
    if (samples_ > 0) {
      results.push_back({"per_sample", {samples_}});
    }
  }
  // Of a split with another number of samples there are none.
  void add_to(ValueLists& values, const std::vector<double>& of_samples) const {
    if (samples_ > 0) {
      const auto count = static_cast<size_t>(samples_);
      values.push_back(of_samples.size() == count
                           ? of_samples
                           : std::vector<double>(count, std::numeric_limits<double>::quiet_NaN()));
    }
  }

  static double mean(const std::vector<double>& values) {
    double sum = 0;
    for (const double value : values) {
      sum += value;
    }
    return sum / static_cast<double>(values.size());
  }

 private:
  int64_t samples_;
};

}  // namespace atelier
