#include "training/evaluation_log.hpp"

#include <cmath>

namespace atelier::training {

std::vector<double> EvaluationLog::row_of(const inference::SplitMetrics& found) const {
  std::vector<double> row;
  for (const std::string& name : plan_.evaluation_names) {
    const auto value = found.values.find(name);
    row.push_back(value == found.values.end() ? std::nan("") : value->second);
  }
  return row;
}

void EvaluationLog::append_arrays(const std::string& prefix, int64_t step, const inference::SplitMetrics& found) {
  for (const plugin::MetricArray& array : found.arrays) {
    if (!writer_.has_tensor(prefix + array.name, step)) {
      const std::vector<float> values(array.values.begin(), array.values.end());
      writer_.append_tensor(prefix + array.name, step, values);
    }
  }
}

void EvaluationLog::write_evaluation(const Moment& now, const inference::SplitMetrics& found,
                                     double samples_per_second) {
  write_arrays(now.step, found);
  writer_.append("eval", now.step, now.epoch, row_of(found), now.wall_seconds, samples_per_second);
}

void EvaluationLog::write_arrays(int64_t step, const inference::SplitMetrics& found) {
  append_arrays("metric.", step, found);
}

void EvaluationLog::write_test(const Moment& now, const inference::SplitMetrics& found) {
  if (!writer_.has_row("test", now.step)) {
    writer_.append("test", now.step, now.epoch, row_of(found), now.wall_seconds, 0);
  }
  append_arrays("test.", now.step, found);
}

}  // namespace atelier::training
