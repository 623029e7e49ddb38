// What is read of a log's series.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace atelier::runlog {

struct MetricSeries {
  std::vector<int64_t> steps;
  std::vector<double> epochs;
  std::vector<double> values;  // NaN where a row has none
};

struct TimingSeries {
  std::vector<int64_t> steps;
  std::vector<double> wall_seconds;  // since the run began
  std::vector<double> samples_per_second;
};

// All of a cadence, as long as each column happens to be.
struct CadenceColumns {
  std::vector<int64_t> steps;
  std::vector<double> epochs;
  std::map<std::string, std::vector<double>> metrics;
  TimingSeries timing;
};

struct Images {
  int64_t step = 0;
  int64_t count = 0;
  int64_t height = 0;
  int64_t width = 0;
  int64_t channels = 0;
  int64_t frames = 1;           // of each sample, where it is a sequence
  std::vector<uint8_t> pixels;  // (n, [time,] y, x, channel), 0 to 255
};

}  // namespace atelier::runlog
